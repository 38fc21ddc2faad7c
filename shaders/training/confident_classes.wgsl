// The class of each pixel of which a network is sure: bilinear upsampling of the logits, softmax and argmax in one kernel. A pixel whose
// largest probability is below the confidence gets the label that is not learned. The lowest class wins a tie.
//
//   logits   [n, in_h, in_w, vectors]     vec4: four classes
//   classes  [n, ⌈out_h · out_w / 4⌉]     u32: one byte for each of four pixels, the first in the low byte
//
// One invocation computes a word: four pixels, one after the other.

#import "lib/between.wgsl"
#import "lib/invocations.wgsl"
#import "lib/is_channel.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> logits: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> classes: array<u32>;

struct Params {
  in_h: u32,
  in_w: u32,
  out_h: u32,
  out_w: u32,
  channels: u32,
  vectors: u32,
  image_words: u32, // ⌈out_h · out_w / 4⌉
  count: u32, // n · image_words
  // The source coordinate of a target is max(0, target · step + shift) / unit.
  step_y: i32,
  shift_y: i32,
  unit_y: i32,
  step_x: i32,
  shift_x: i32,
  unit_x: i32,
  confidence: f32,
  ignore_index: u32,
}

// Four logits of a pixel. Components past the last class repeat an earlier class, which wins the tie.
fn logits_at(upper: u32, lower: u32, x: Between, y_share: f32, vector: u32) -> vec4f {
  let left = mix(logits[(upper + x.low) * params.vectors + vector], logits[(lower + x.low) * params.vectors + vector], y_share);
  let right = mix(logits[(upper + x.high) * params.vectors + vector], logits[(lower + x.high) * params.vectors + vector], y_share);
  let values = mix(left, right, x.share);
  return select(values.xxxx, values, is_channel(vector));
}

fn class_of(image: u32, row: u32, column: u32) -> u32 {
  let y = between(i32(row) * params.step_y + params.shift_y, params.unit_y, params.in_h);
  let x = between(i32(column) * params.step_x + params.shift_x, params.unit_x, params.in_w);
  let upper = (image * params.in_h + y.low) * params.in_w;
  let lower = (image * params.in_h + y.high) * params.in_w;

  var best = 0u;
  var best_value = logits_at(upper, lower, x, y.share, 0u).x;
  var sum = 0.0; // of exp(logit − best_value) over the classes so far
  for (var vector = 0u; vector < params.vectors; vector++) {
    let values = logits_at(upper, lower, x, y.share, vector);
    let before = best_value;
    for (var c = 0u; c < 4u; c++) {
      best = select(best, vector * 4u + c, values[c] > best_value);
      best_value = max(best_value, values[c]);
    }
    let parts = select(vec4f(), exp(values - best_value), is_channel(vector));
    sum = sum * exp(before - best_value) + dot(parts, vec4f(1.0));
  }
  // The largest probability is 1 / sum.
  return select(params.ignore_index, best, sum * params.confidence <= 1.0);
}

fn compute(index: u32) {
  if (index >= params.count) { return; }
  let image = index / params.image_words;
  let first = (index - image * params.image_words) * 4u;
  var word = 0u;
  for (var p = 0u; p < 4u; p++) {
    if (first + p < params.out_h * params.out_w) {
      word |= class_of(image, (first + p) / params.out_w, (first + p) % params.out_w) << (8u * p);
    }
  }
  classes[index] = word;
}
