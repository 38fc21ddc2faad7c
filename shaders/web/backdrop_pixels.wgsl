// The background of a cut-out as pixels: the second of two blurred layers, its colour over its weight, at the photo's size.
//
//   layers   [in_h, in_w, 2]   vec4: colour, from −0.5 to 0.5, times weight, and weight, of the foreground and of the background
//   behind   [out_h, out_w]    RGBA, one u32 a pixel
//
// One invocation computes one pixel.

#import "lib/between.wgsl"
#import "lib/invocations.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> layers: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> behind: array<u32>;

struct Params {
  in_h: u32,
  in_w: u32,
  out_w: u32,
  count: u32, // out_h · out_w
  // The source coordinate of a target is max(0, target · step + shift) / unit.
  step_y: i32,
  shift_y: i32,
  unit_y: i32,
  step_x: i32,
  shift_x: i32,
  unit_x: i32,
}

const LEAST = 1e-5;

fn background_at(y: u32, x: u32) -> vec4f {
  return layers[(y * params.in_w + x) * 2u + 1u];
}

fn compute(index: u32) {
  if (index >= params.count) { return; }
  let row = index / params.out_w;
  let y = between(i32(row) * params.step_y + params.shift_y, params.unit_y, params.in_h);
  let x = between(i32(index - row * params.out_w) * params.step_x + params.shift_x, params.unit_x, params.in_w);
  let upper = mix(background_at(y.low, x.low), background_at(y.low, x.high), x.share);
  let lower = mix(background_at(y.high, x.low), background_at(y.high, x.high), x.share);
  let value = mix(upper, lower, y.share);
  behind[index] = pack4x8unorm(vec4f(value.xyz / max(value.w, LEAST) + 0.5, 1));
}
