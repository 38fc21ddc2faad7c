// What the old classes of a network keep while it learns new ones, with its gradient by the logits. A pixel's loss is
//
//   old_weight · mass · (−log p(any old class)) − Σ target · log p(class | any old class)      with mass = Σ target
//
// over the old classes, with the greatest of new_classes as old_weight. They are held to their shares of what the new classes leave, and new classes may come from all of them. After
// Cermelli et al. 2020.
//
//   logits, logits_gradient   [n, h, w, vectors]   vec4: four classes
//   targets       [n, h, w, vectors]   the pixel's weight · the old network's probabilities; 0 for new classes
//   new_classes   [vectors]            0 for an old class; for a new one old_weight, which is above 0
//   partials      [workgroups]         Σ loss and Σ mass over a workgroup's pixels
//
// One invocation takes one pixel. Old and new classes have a log Σ exp each, so that neither vanishes beside the other.

#import "lib/is_channel.wgsl"
#import "lib/workgroup_index.wgsl"

const LANES = 64u; // of a workgroup
const LOWEST = -1e30; // the log Σ exp of no class

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> logits: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> targets: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> new_classes: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> logits_gradient: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> partials: array<vec2f>;

struct Params {
  pixels: u32, // n · h · w
  channels: u32,
  vectors: u32,
  loss_weight: f32, // factor of this loss in a sum of losses
}

// Σ exp(value − highest) over the classes so far.
struct Sum {
  highest: f32,
  terms: f32,
}

fn is_new(vector: u32) -> vec4<bool> {
  return new_classes[vector] > vec4f(0);
}

fn highest_of(values: vec4f) -> f32 {
  return max(max(values.x, values.y), max(values.z, values.w));
}

fn extended(sum: Sum, values: vec4f, counts: vec4<bool>) -> Sum {
  let candidates = select(vec4f(LOWEST), values, counts);
  let highest = max(sum.highest, highest_of(candidates));
  let terms = select(vec4f(0), exp(candidates - highest), counts);
  return Sum(highest, sum.terms * exp(sum.highest - highest) + (terms.x + terms.y + terms.z + terms.w));
}

fn log_of(sum: Sum) -> f32 {
  return select(LOWEST, sum.highest + log(max(sum.terms, 1.0)), sum.terms > 0.0);
}

// Writes the gradient of a pixel, and returns its loss and its mass.
fn loss_of(pixel: u32) -> vec2f {
  let first = pixel * params.vectors;
  var old_sum = Sum(LOWEST, 0.0);
  var new_sum = Sum(LOWEST, 0.0);
  var mass = 0.0;
  var old_weight = 0.0;
  for (var v = 0u; v < params.vectors; v++) {
    let values = logits[first + v];
    old_sum = extended(old_sum, values, is_channel(v) & !is_new(v));
    new_sum = extended(new_sum, values, is_channel(v) & is_new(v));
    mass += dot(targets[first + v], vec4f(1));
    old_weight = max(old_weight, highest_of(new_classes[v]));
  }
  let old_log = log_of(old_sum);
  let new_log = log_of(new_sum);
  let all_log = max(old_log, new_log) + log(1.0 + exp(-abs(old_log - new_log)));
  let taken = old_weight * mass * exp(new_log - all_log);
  var loss = old_weight * mass * (all_log - old_log);
  for (var v = 0u; v < params.vectors; v++) {
    let values = logits[first + v];
    let wanted = targets[first + v];
    let news = is_new(v);
    // Of the old classes or of the new ones.
    let shares = exp(min(values - select(vec4f(old_log), vec4f(new_log), news), vec4f(0)));
    let gradient = select(shares * (mass - taken) - wanted, shares * taken, news);
    logits_gradient[first + v] = select(vec4f(0), params.loss_weight * gradient, is_channel(v));
    loss += dot(select(vec4f(0), wanted * (old_log - values), is_channel(v) & !news), vec4f(1));
  }
  return vec2f(loss, mass);
}

var<workgroup> sums: array<vec2f, LANES>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = workgroup_index(group, groups);
  let pixel = index * LANES + lane;
  var own = vec2f(0);
  if (pixel < params.pixels) { own = loss_of(pixel); }
  sums[lane] = own;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { sums[lane] += sums[lane + half]; }
  }
  if (lane == 0u && index * LANES < params.pixels) { partials[index] = sums[0]; }
}
