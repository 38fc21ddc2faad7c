// The class of each pixel: bilinear upsampling of the logits and argmax in one, so that full-resolution logits never exist.
// The lowest class wins a tie.
//
//   logits   [n, in_h, in_w, vectors]           vec4: four classes
//   classes  [n, ⌈out_h · out_w / 4⌉]           u32: four pixels, a byte each, the first in the low byte
//
// One invocation makes the four pixels of one word.

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
  // Source coordinate = max(0, target · step + shift) / unit: integers, since in f32 it would be too coarse.
  step_y: i32,
  shift_y: i32,
  unit_y: i32,
  step_x: i32,
  shift_x: i32,
  unit_x: i32,
}

// The two source indices that a target lies between, and how far it is from the first to the second.
struct Between {
  low: u32,
  high: u32,
  share: f32,
}

fn between(numerator: i32, unit: i32, size: u32) -> Between {
  let low = u32(max(0, numerator) / unit);
  return Between(low, min(low + 1u, size - 1u), f32(max(0, numerator) % unit) / f32(unit));
}

fn class_at(image: u32, row: u32, column: u32) -> u32 {
  let y = between(i32(row) * params.step_y + params.shift_y, params.unit_y, params.in_h);
  let x = between(i32(column) * params.step_x + params.shift_x, params.unit_x, params.in_w);
  let top = (image * params.in_h + y.low) * params.in_w;
  let bottom = (image * params.in_h + y.high) * params.in_w;
  var best = 0u;
  var best_value = 0.0;
  for (var vector = 0u; vector < params.vectors; vector++) {
    let above = mix(logits[(top + x.low) * params.vectors + vector], logits[(top + x.high) * params.vectors + vector], x.share);
    let below = mix(logits[(bottom + x.low) * params.vectors + vector], logits[(bottom + x.high) * params.vectors + vector], x.share);
    let values = mix(above, below, y.share);
    for (var c = 0u; c < 4u; c++) {
      let class_id = vector * 4u + c;
      if (class_id < params.channels && (class_id == 0u || values[c] > best_value)) {
        best = class_id;
        best_value = values[c];
      }
    }
  }
  return best;
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = (group.y * groups.x + group.x) * 64u + lane;
  if (index >= params.count) { return; }
  let image = index / params.image_words;
  let first_pixel = index % params.image_words * 4u;
  var word = 0u;
  for (var p = 0u; p < 4u; p++) {
    let pixel = first_pixel + p;
    if (pixel < params.out_h * params.out_w) {
      word |= class_at(image, pixel / params.out_w, pixel % params.out_w) << (8u * p);
    }
  }
  classes[index] = word;
}
