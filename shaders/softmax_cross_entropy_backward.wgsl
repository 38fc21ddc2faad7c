// The gradient of softmax_cross_entropy.wgsl by its logits: weight · (p − [class is the label]) / Σ weight of each label pixel,
// times the loss's weight among others, gathered back through the upsampling. p = exp(upsampled logit − log_sum_exp) is made anew.
//
//   logits, logits_gradient   [n, in_h, in_w, vectors]   vec4: four classes
//   labels          [n, ⌈out_h · out_w / 4⌉]   u32: four pixels, a byte each, the first in the low byte
//   class_weights   [channels], read if has_class_weights
//   log_sum_exp     [n, out_h, out_w]
//   loss            [2]   the second is 1 / Σ weight
//
// One workgroup makes one vector of one pixel of the gradient: its lanes add every 64th of the label pixels that took a
// share of it, then their sums are added pairwise.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> logits: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> labels: array<u32>;
@group(0) @binding(3) var<storage, read_write> class_weights: array<f32>;
@group(0) @binding(4) var<storage, read_write> log_sum_exp: array<f32>;
@group(0) @binding(5) var<storage, read_write> loss: array<f32>;
@group(0) @binding(6) var<storage, read_write> logits_gradient: array<vec4f>;

struct Params {
  in_h: u32,
  in_w: u32,
  out_h: u32,
  out_w: u32,
  channels: u32,
  vectors: u32,
  count: u32, // n · in_h · in_w · vectors
  ignore_index: u32,
  has_class_weights: u32,
  loss_weight: f32,
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

// What of a source index goes into a target.
fn share_of(source: u32, at: Between) -> f32 {
  return select(0.0, 1.0 - at.share, at.low == source) + select(0.0, at.share, at.high == source);
}

// The targets first … end that may lie less than 1 from a source index.
struct Targets {
  first: u32,
  end: u32,
}

fn targets_of(source: u32, step: i32, shift: i32, unit: i32, size: u32) -> Targets {
  if (step == 0) { return Targets(0, size); }
  let first = max(0, ((i32(source) - 1) * unit - shift) / step);
  let end = max(0, ((i32(source) + 1) * unit - shift) / step + 1);
  return Targets(u32(first), min(u32(end), size));
}

fn upsampled(image: u32, y: Between, x: Between, vector: u32) -> vec4f {
  let top = (image * params.in_h + y.low) * params.in_w;
  let bottom = (image * params.in_h + y.high) * params.in_w;
  let above = mix(logits[(top + x.low) * params.vectors + vector], logits[(top + x.high) * params.vectors + vector], x.share);
  let below = mix(logits[(bottom + x.low) * params.vectors + vector], logits[(bottom + x.high) * params.vectors + vector], x.share);
  return mix(above, below, y.share);
}

// Each image's labels begin with a whole word.
fn label_at(image: u32, at: u32) -> u32 {
  let words = (params.out_h * params.out_w + 3u) / 4u;
  return (labels[image * words + at / 4u] >> (at % 4u * 8u)) & 255u;
}

// What one label pixel adds to the gradient of this vector of the logits at (row, column) of its image.
fn gradient_from(target_row: u32, target_column: u32, image: u32, row: u32, column: u32, vector: u32) -> vec4f {
  let at = target_row * params.out_w + target_column;
  let label = label_at(image, at);
  if (label == params.ignore_index || label >= params.channels) { return vec4f(0); }
  let y = between(i32(target_row) * params.step_y + params.shift_y, params.unit_y, params.in_h);
  let x = between(i32(target_column) * params.step_x + params.shift_x, params.unit_x, params.in_w);
  var weight = share_of(row, y) * share_of(column, x);
  if (weight == 0.0) { return vec4f(0); }
  if (params.has_class_weights != 0u) { weight *= class_weights[label]; }

  let classes = vec4u(vector * 4u) + vec4u(0, 1, 2, 3);
  let normaliser = log_sum_exp[image * params.out_h * params.out_w + at];
  let p = select(vec4f(0), exp(upsampled(image, y, x, vector) - normaliser), classes < vec4u(params.channels));
  return weight * (p - select(vec4f(0), vec4f(1), classes == vec4u(label)));
}

var<workgroup> sums: array<vec4f, 64>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = group.y * groups.x + group.x;
  let vector = index % params.vectors;
  let pixel = index / params.vectors;
  let column = pixel % params.in_w;
  let row = pixel / params.in_w % params.in_h;
  let image = pixel / (params.in_w * params.in_h);

  var sum = vec4f(0);
  if (index < params.count) {
    let rows = targets_of(row, params.step_y, params.shift_y, params.unit_y, params.out_h);
    let columns = targets_of(column, params.step_x, params.shift_x, params.unit_x, params.out_w);
    let width = columns.end - columns.first;
    for (var i = lane; i < (rows.end - rows.first) * width; i += 64u) {
      sum += gradient_from(rows.first + i / width, columns.first + i % width, image, row, column, vector);
    }
  }
  sums[lane] = sum;
  for (var half = 32u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { sums[lane] += sums[lane + half]; }
  }
  if (lane == 0u && index < params.count) { logits_gradient[index] = sums[0] * (params.loss_weight * loss[1]); }
}
