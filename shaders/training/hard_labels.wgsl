// The labels of the pixels with the largest losses. All others become ignore_index. Of pixels with the same loss, the last ones stay.
//
//   labels, hard_labels   [n, ⌈size / 4⌉]   u32: one byte for each of four pixels, the first in the low byte
//   losses                [n, size]         of pixel_losses.wgsl
//   sorted_losses         [n · size]        the smallest first
//   sorted_pixels         [n · size]        the pixel of each of them; those with the same loss are in their own order
//
// One invocation computes one word: four pixels of an image.

#import "lib/invocations.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> labels: array<u32>;
@group(0) @binding(2) var<storage, read_write> losses: array<f32>;
@group(0) @binding(3) var<storage, read_write> sorted_losses: array<f32>;
@group(0) @binding(4) var<storage, read_write> sorted_pixels: array<u32>;
@group(0) @binding(5) var<storage, read_write> hard_labels: array<u32>;

struct Params {
  words: u32, // n · ⌈size / 4⌉
  size: u32, // of an image: height · width
  first_hard: u32, // how many of the sorted pixels do not stay
  ignore_index: u32,
}

fn compute(index: u32) {
  if (index >= params.words) { return; }
  let image_words = (params.size + 3u) / 4u;
  let image = index / image_words;
  let first = (index - image * image_words) * 4u;
  let least_loss = sorted_losses[params.first_hard];
  let least_pixel = sorted_pixels[params.first_hard];

  var word = 0u;
  for (var i = 0u; i < 4u; i++) {
    let is_padding = first + i >= params.size;
    let pixel = image * params.size + min(first + i, params.size - 1u);
    let loss = losses[pixel];
    let is_hard = loss > least_loss || (loss == least_loss && pixel >= least_pixel);
    let label = (labels[index] >> (8u * i)) & 255u;
    word |= select(params.ignore_index, label, is_hard || is_padding) << (8u * i);
  }
  hard_labels[index] = word;
}
