// Whether each pixel is of one class, the pixel with the largest error first.
//
//   labels          [n, ⌈size / 4⌉]   u32: one byte for each of four pixels, the first in the low byte
//   sorted_pixels   [count]           the pixels in the order of their errors, the smallest first
//   foreground      [count]           1 for those whose label is the class, and 0
//
// One invocation looks at one pixel.

#import "lib/invocations.wgsl"
#import "lib/label_at.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> labels: array<u32>;
@group(0) @binding(2) var<storage, read_write> sorted_pixels: array<u32>;
@group(0) @binding(3) var<storage, read_write> foreground: array<u32>;

struct Params {
  out_h: u32,
  out_w: u32,
  count: u32, // n · out_h · out_w
  ignore_index: u32,
  class_id: u32,
}

fn compute(rank: u32) {
  if (rank >= params.count) { return; }
  let size = params.out_h * params.out_w;
  let pixel = sorted_pixels[params.count - 1u - rank];
  let label = label_at(pixel / size, pixel % size);
  foreground[rank] = u32(label == params.class_id && label != params.ignore_index);
}
