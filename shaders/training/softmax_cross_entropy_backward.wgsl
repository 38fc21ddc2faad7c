// The gradient of softmax_cross_entropy.wgsl by its logits. The gradient by an upsampled logit is
//
//   loss_weight · weight · (p − [class is the label]) / Σ weight      with p = exp(upsampled logit − log_sum_exp)
//
// and with label smoothing ε
//
//   loss_weight · ((1 − ε) · weight · (p − [class is the label]) + ε / classes · (p · Σ weight[class] − weight[class])) / Σ weight
//
// Each logit gathers its share of these.
//
//   logits, logits_gradient   [n, out_h, in_w, vectors]   vec4: four classes
//   labels          [n, ⌈out_h · out_w / 4⌉]   u32: one byte for each of four pixels, the first in the low byte
//   class_weights   [channels], read if has_class_weights
//   log_sum_exp     [n, out_h, out_w]
//   loss            [2]   the second value is 1 / Σ weight
//
// One invocation computes one vector of one pixel of the gradient, from the label pixels of its row that took a share
// of it. These are between this logit and its left or right neighbour, so the invocation needs only three vectors of
// logits.

#import "lib/class_weights.wgsl"
#import "lib/invocations.wgsl"
#import "lib/is_channel.wgsl"
#import "lib/label_at.wgsl"
#import "lib/targets_of.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> logits: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> labels: array<u32>;
@group(0) @binding(3) var<storage, read_write> class_weights: array<f32>;
@group(0) @binding(4) var<storage, read_write> log_sum_exp: array<f32>;
@group(0) @binding(5) var<storage, read_write> loss: array<f32>;
@group(0) @binding(6) var<storage, read_write> logits_gradient: array<vec4f>;

struct Params {
  in_w: u32,
  out_h: u32,
  out_w: u32,
  channels: u32,
  vectors: u32,
  count: u32, // n · out_h · in_w · vectors
  ignore_index: u32,
  has_class_weights: u32,
  label_smoothing: f32,
  loss_weight: f32, // factor of this loss in a sum of losses
  // The source coordinate of a target is max(0, target · step + shift) / unit.
  step_x: i32,
  shift_x: i32,
  unit_x: i32,
}

// The weights of a vector of classes and of all classes, each times ε / classes.
struct Smoothing {
  own: vec4f,
  total: f32,
}

fn smoothing_of(vector: u32) -> Smoothing {
  var total = 0.0;
  for (var v = 0u; v < params.vectors; v++) { total += dot(weights_of(v), vec4f(1)); }
  let share = params.label_smoothing / f32(params.channels);
  return Smoothing(share * weights_of(vector), share * total);
}

fn compute(index: u32) {
  if (index >= params.count) { return; }
  let vector = index % params.vectors;
  let pixel = index / params.vectors;
  let row = pixel / params.in_w;
  let column = pixel - row * params.in_w;
  let image = row / params.out_h;
  let is_last = column == params.in_w - 1u;
  let centre = logits[index];
  let left = logits[select(index - params.vectors, index, column == 0u)];
  let right = logits[select(index + params.vectors, index, is_last)];
  let classes = vec4u(vector * 4u) + vec4u(0, 1, 2, 3);

  var smoothing = Smoothing(vec4f(0), 0);
  if (params.label_smoothing != 0.0) { smoothing = smoothing_of(vector); }

  var sum = vec4f(0);
  let targets = targets_of(column, params.step_x, params.shift_x, params.unit_x, params.out_w);
  for (var x = targets.first; x < targets.end; x++) {
    // The distance from this logit to the label pixel, in logits. Past the last logit, the last one is repeated.
    let from_here = max(0, i32(x) * params.step_x + params.shift_x) - i32(column) * params.unit_x;
    let distance = f32(from_here) / f32(params.unit_x);
    let share = select(1.0 - abs(distance), 1.0, is_last && distance > 0.0);
    let label = label_at(image, (row - image * params.out_h) * params.out_w + x);
    if (share <= 0.0 || label == params.ignore_index || label >= params.channels) { continue; }

    let logit = mix(centre, select(right, left, distance < 0.0), abs(distance));
    let p = select(vec4f(0), exp(logit - log_sum_exp[row * params.out_w + x]), classes < vec4u(params.channels));
    let own = (1.0 - params.label_smoothing) * weight_of(label) * share;
    sum += own * (p - select(vec4f(0), vec4f(1), classes == vec4u(label)));
    if (params.label_smoothing != 0.0) { sum += share * (p * smoothing.total - smoothing.own); }
  }
  logits_gradient[index] = sum * (params.loss_weight * loss[1]);
}
