// The gradient by the logits of a loss of probabilities, such as the overlap of each class with its labels. With the loss's gradient g by
// the probabilities p of a label pixel, that by an upsampled logit is
//
//   loss_weight · scale · p · (g − mean)      with mean = Σ p · g over the classes, p = exp(upsampled logit − log_sum_exp)
//
// With class terms, g = b + (a where the class is the label). Without, the shares of p · g are already in the gradient.
// Each logit gathers its share of these.
//
//   logits, logits_gradient   [n, out_h, in_w, vectors]   vec4: four classes
//   labels        [n, ⌈out_h · out_w / 4⌉]   u32: one byte for each of four pixels, the first in the low byte
//   log_sum_exp   [n, out_h, out_w]   of softmax_cross_entropy.wgsl
//   means         [n, out_h, out_w]
//   class_terms   [vectors, 2]        a and b, read if has_class_terms
//   loss          [2]                 the second value is the scale
//
// One invocation computes one vector of one pixel of the gradient, from the label pixels of its row that took a share
// of it. These are between this logit and its left or right neighbour, so the invocation needs only three vectors of
// logits.

#import "lib/invocations.wgsl"
#import "lib/is_channel.wgsl"
#import "lib/label_at.wgsl"
#import "lib/targets_of.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> logits: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> labels: array<u32>;
@group(0) @binding(3) var<storage, read_write> log_sum_exp: array<f32>;
@group(0) @binding(4) var<storage, read_write> means: array<f32>;
@group(0) @binding(5) var<storage, read_write> class_terms: array<vec4f>;
@group(0) @binding(6) var<storage, read_write> loss: array<f32>;
@group(0) @binding(7) var<storage, read_write> logits_gradient: array<vec4f>;

struct Params {
  in_w: u32,
  out_h: u32,
  out_w: u32,
  channels: u32,
  vectors: u32,
  count: u32, // n · out_h · in_w · vectors
  ignore_index: u32,
  has_class_terms: u32,
  loss_weight: f32, // factor of this loss in a sum of losses
  // The source coordinate of a target is max(0, target · step + shift) / unit.
  step_x: i32,
  shift_x: i32,
  unit_x: i32,
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
  let has_terms = params.has_class_terms != 0u;
  var of_label = vec4f(0);
  var of_all = vec4f(0);
  if (has_terms) {
    of_label = class_terms[vector * 2u];
    of_all = class_terms[vector * 2u + 1u];
  }

  var sum = vec4f(0);
  let targets = targets_of(column, params.step_x, params.shift_x, params.unit_x, params.out_w);
  for (var x = targets.first; x < targets.end; x++) {
    // The distance from this logit to the label pixel, in logits. Past the last logit, the last one is repeated.
    let from_here = max(0, i32(x) * params.step_x + params.shift_x) - i32(column) * params.unit_x;
    let distance = f32(from_here) / f32(params.unit_x);
    let share = select(1.0 - abs(distance), 1.0, is_last && distance > 0.0);
    let label = label_at(image, (row - image * params.out_h) * params.out_w + x);
    if (share <= 0.0 || label == params.ignore_index || label >= params.channels) { continue; }

    let at = row * params.out_w + x;
    let logit = mix(centre, select(right, left, distance < 0.0), abs(distance));
    let p = select(vec4f(0), exp(logit - log_sum_exp[at]), is_channel(vector));
    sum += share * p * (of_all + select(vec4f(0), of_label, classes == vec4u(label)) - means[at]);
  }
  if (!has_terms) { sum += select(vec4f(0), logits_gradient[index], is_channel(vector)); }
  logits_gradient[index] = sum * (params.loss_weight * loss[1]);
}
