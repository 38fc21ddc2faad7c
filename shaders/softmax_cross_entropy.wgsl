// Softmax cross-entropy of logits that have the labels' height and are upsampled to their width here, linearly, so that
// full-resolution logits never exist: −log softmax(upsampled logits)[label].
//
//   logits          [n, out_h, in_w, vectors]    vec4: four classes
//   labels          [n, ⌈out_h · out_w / 4⌉]     u32: four pixels, a byte each, the first in the low byte
//   class_weights   [channels], read if has_class_weights
//   log_sum_exp     [n, out_h, out_w]            log Σ exp of a pixel's upsampled logits; 0 where it is ignored
//   partials        [workgroups]                 Σ weight · loss and Σ weight of a workgroup's pixels
//
// One invocation does every 64th of its workgroup's 256 label pixels; their sums are added pairwise. See softmax_cross_entropy_merge.wgsl.

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
  // Source coordinate = max(0, target · step + shift) / unit: integers, since in f32 it would be too coarse.
  step_x: i32,
  shift_x: i32,
  unit_x: i32,
}

// First vectors of the two pixels of its row that a label pixel lies between, and how far it is from the first to the second.
struct Between {
  left: u32,
  right: u32,
  share: f32,
}

fn between(pixel: u32) -> Between {
  let row = pixel / params.out_w;
  let numerator = max(0, i32(pixel - row * params.out_w) * params.step_x + params.shift_x);
  let column = u32(numerator / params.unit_x);
  return Between(
    (row * params.in_w + column) * params.vectors,
    (row * params.in_w + min(column + 1u, params.in_w - 1u)) * params.vectors,
    f32(numerator - i32(column) * params.unit_x) / f32(params.unit_x),
  );
}

fn upsampled(at: Between, vector: u32) -> vec4f {
  return mix(logits[at.left + vector], logits[at.right + vector], at.share);
}

// True for the lanes of a vector that are classes, false for padding.
fn is_class(vector: u32) -> vec4<bool> {
  return vec4u(vector * 4u) + vec4u(0, 1, 2, 3) < vec4u(params.channels);
}

// Each image's labels begin with a whole word.
fn label_of(pixel: u32) -> u32 {
  let size = params.out_h * params.out_w;
  let at = pixel % size;
  return (labels[pixel / size * ((size + 3u) / 4u) + at / 4u] >> (at % 4u * 8u)) & 255u;
}

// In one sweep: what was summed up is scaled down where a higher logit turns up.
fn log_sum_exp_of(at: Between) -> f32 {
  var highest = upsampled(at, 0).x;
  var sum = 0.0;
  for (var v = 0u; v < params.vectors; v++) {
    let values = upsampled(at, v);
    let candidates = select(vec4f(highest), values, is_class(v));
    let higher = max(highest, max(max(candidates.x, candidates.y), max(candidates.z, candidates.w)));
    let terms = select(vec4f(0), exp(values - higher), is_class(v));
    sum = sum * exp(highest - higher) + (terms.x + terms.y + terms.z + terms.w);
    highest = higher;
  }
  return highest + log(sum);
}

// Weight · loss and weight of a pixel; both are 0 where it is ignored, and so where the label is no class.
fn loss_of(pixel: u32) -> vec2f {
  let label = label_of(pixel);
  if (label == params.ignore_index || label >= params.channels) {
    log_sum_exp[pixel] = 0.0;
    return vec2f(0);
  }
  let at = between(pixel);
  let normaliser = log_sum_exp_of(at);
  log_sum_exp[pixel] = normaliser;
  var weight = 1.0;
  if (params.has_class_weights != 0u) { weight = class_weights[label]; }
  return vec2f(weight * (normaliser - upsampled(at, label / 4u)[label % 4u]), weight);
}

var<workgroup> sums: array<vec2f, 64>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = group.y * groups.x + group.x;
  let end = min((index + 1u) * 256u, params.pixels);
  var own = vec2f(0);
  for (var pixel = index * 256u + lane; pixel < end; pixel += 64u) { own += loss_of(pixel); }
  sums[lane] = own;
  for (var half = 32u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { sums[lane] += sums[lane + half]; }
  }
  if (lane == 0u && index * 256u < params.pixels) { partials[index] = sums[0]; }
}
