// The pixels of a frame, as a network takes a photo.
//
//   frame    a texture of any size; `texture_external` replaces its type for a frame of a video
//   pixels   [height, width]  u32: red in the low byte, then green, blue, alpha
//
// One invocation copies one pixel. The nearest sample at a pixel's centre is the pixel itself, also of a video's frame,
// from which a plain load would need another text.

const WORKGROUP_SIDE = 8u;

alias Frame = texture_2d<f32>;

@group(0) @binding(0) var frame: Frame;
@group(0) @binding(1) var nearest: sampler;
@group(0) @binding(2) var<storage, read_write> pixels: array<u32>;

struct Size {
  width: u32,
  height: u32,
}
@group(0) @binding(3) var<uniform> size: Size;

@compute @workgroup_size(WORKGROUP_SIDE, WORKGROUP_SIDE)
fn main(@builtin(global_invocation_id) pixel: vec3u) {
  if (pixel.x >= size.width || pixel.y >= size.height) { return; }
  let at = (vec2f(pixel.xy) + 0.5) / vec2f(f32(size.width), f32(size.height));
  pixels[pixel.y * size.width + pixel.x] = pack4x8unorm(textureSampleBaseClampToEdge(frame, nearest, at));
}
