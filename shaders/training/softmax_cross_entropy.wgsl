// Softmax cross-entropy: −log softmax(upsampled logits)[label]. The logits have the labels' height. This kernel
// upsamples them, linearly, to the labels' width, so that the full-resolution logits never exist in memory.
//
//   logits          [n, out_h, in_w, vectors]    vec4: four classes
//   labels          [n, ⌈out_h · out_w / 4⌉]     u32: one byte for each of four pixels, the first in the low byte
//   class_weights   [channels], read if has_class_weights
//   log_sum_exp     [n, out_h, out_w]            log Σ exp of a pixel's upsampled logits; 0 where the pixel is ignored
//   partials        [workgroups]                 Σ weight · loss and Σ weight over a workgroup's pixels
//
// A workgroup takes WORKGROUP_PIXELS label pixels. One invocation takes every LANES-th of them, then the sums are added
// pairwise. softmax_cross_entropy_merge.wgsl adds up the partials.

#import "lib/class_weights.wgsl"
#import "lib/is_channel.wgsl"
#import "lib/label_at.wgsl"
#import "lib/pixel_loss.wgsl"
#import "lib/upsampled_logits.wgsl"
#import "lib/workgroup_index.wgsl"

const LANES = 64u; // of a workgroup
const WORKGROUP_PIXELS = 256u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> logits: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> labels: array<u32>;
@group(0) @binding(3) var<storage, read_write> class_weights: array<f32>;
@group(0) @binding(4) var<storage, read_write> log_sum_exp: array<f32>;
@group(0) @binding(5) var<storage, read_write> partials: array<vec2f>;

struct Params {
  in_w: u32,
  out_h: u32,
  out_w: u32,
  channels: u32,
  vectors: u32,
  pixels: u32, // n · out_h · out_w
  ignore_index: u32,
  has_class_weights: u32,
  label_smoothing: f32,
  // The source coordinate of a target is max(0, target · step + shift) / unit.
  step_x: i32,
  shift_x: i32,
  unit_x: i32,
}

// In one pass over the classes: when a higher logit appears, the sum so far is scaled down.
fn log_sum_exp_of(at: Neighbours) -> f32 {
  var highest = upsampled(at, 0).x;
  var sum = 0.0;
  for (var v = 0u; v < params.vectors; v++) {
    let values = upsampled(at, v);
    let candidates = select(vec4f(highest), values, is_channel(v));
    let higher = max(highest, max(max(candidates.x, candidates.y), max(candidates.z, candidates.w)));
    let terms = select(vec4f(0), exp(values - higher), is_channel(v));
    sum = sum * exp(highest - higher) + (terms.x + terms.y + terms.z + terms.w);
    highest = higher;
  }
  return highest + log(sum);
}

// Weight · loss and weight of a pixel. Both are 0 where the pixel is ignored or its label is not a class.
fn loss_of(pixel: u32) -> vec2f {
  let size = params.out_h * params.out_w;
  let label = label_at(pixel / size, pixel % size);
  if (label == params.ignore_index || label >= params.channels) {
    log_sum_exp[pixel] = 0.0;
    return vec2f(0);
  }
  let at = neighbours_of(pixel);
  let normaliser = log_sum_exp_of(at);
  log_sum_exp[pixel] = normaliser;
  return vec2f(pixel_loss(at, label, normaliser), weight_of(label));
}

var<workgroup> sums: array<vec2f, LANES>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = workgroup_index(group, groups);
  let first = index * WORKGROUP_PIXELS;
  let end = min(first + WORKGROUP_PIXELS, params.pixels);
  var own = vec2f(0);
  for (var pixel = first + lane; pixel < end; pixel += LANES) { own += loss_of(pixel); }
  sums[lane] = own;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { sums[lane] += sums[lane + half]; }
  }
  if (lane == 0u && first < params.pixels) { partials[index] = sums[0]; }
}
