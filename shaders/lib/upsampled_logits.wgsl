// Logits that have the labels' height, upsampled linearly to the labels' width.

#import "lib/between.wgsl"

// The first vectors of the two logits around a label pixel, and how far the pixel is from the left one to the right one.
struct Neighbours {
  left: u32,
  right: u32,
  share: f32,
}

fn neighbours_of(pixel: u32) -> Neighbours {
  let row = pixel / params.out_w;
  let x = between(i32(pixel - row * params.out_w) * params.step_x + params.shift_x, params.unit_x, params.in_w);
  let first = row * params.in_w;
  return Neighbours((first + x.low) * params.vectors, (first + x.high) * params.vectors, x.share);
}

fn upsampled(at: Neighbours, vector: u32) -> vec4f {
  return mix(logits[at.left + vector], logits[at.right + vector], at.share);
}
