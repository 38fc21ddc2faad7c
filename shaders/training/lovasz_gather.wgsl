// Gathers the slopes of one class at the label pixels to the gradient of its logits: each logit gets its share of those that are between it
// and its left or right neighbour.
//
//   slopes            [n, out_h, out_w]
//   logits_gradient   [n, out_h, in_w, vectors, 4]   of which one class's values are written
//
// One invocation computes one logit's value.

#import "lib/invocations.wgsl"
#import "lib/targets_of.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> slopes: array<f32>;
@group(0) @binding(2) var<storage, read_write> logits_gradient: array<f32>;

struct Params {
  in_w: u32,
  out_w: u32,
  vectors: u32,
  count: u32, // n · out_h · in_w
  class_id: u32,
  // The source coordinate of a target is max(0, target · step + shift) / unit.
  step_x: i32,
  shift_x: i32,
  unit_x: i32,
}

fn compute(index: u32) {
  if (index >= params.count) { return; }
  let row = index / params.in_w;
  let column = index - row * params.in_w;
  let is_last = column == params.in_w - 1u;
  var sum = 0.0;
  let targets = targets_of(column, params.step_x, params.shift_x, params.unit_x, params.out_w);
  for (var x = targets.first; x < targets.end; x++) {
    // The distance from this logit to the label pixel, in logits. Past the last logit, the last one is repeated.
    let from_here = max(0, i32(x) * params.step_x + params.shift_x) - i32(column) * params.unit_x;
    let distance = f32(from_here) / f32(params.unit_x);
    let share = select(1.0 - abs(distance), 1.0, is_last && distance > 0.0);
    sum += max(0.0, share) * slopes[row * params.out_w + x];
  }
  logits_gradient[index * params.vectors * 4u + params.class_id] = sum;
}
