// A cut-out over another picture.
//
//   pixels   [count]   RGBA, one u32 a pixel, not multiplied by alpha
//   behind   [count]   RGBA, of which alpha is ignored
//   picture  [count]   RGBA, opaque
//
// One invocation computes one pixel.

#import "lib/invocations.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> pixels: array<u32>;
@group(0) @binding(2) var<storage, read> behind: array<u32>;
@group(0) @binding(3) var<storage, read_write> picture: array<u32>;

struct Params {
  count: u32,
}

fn compute(index: u32) {
  if (index >= params.count) { return; }
  let front = unpack4x8unorm(pixels[index]);
  let back = unpack4x8unorm(behind[index]);
  picture[index] = pack4x8unorm(vec4f(mix(back.xyz, front.xyz, front.w), 1));
}
