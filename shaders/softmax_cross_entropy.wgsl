// Softmax cross-entropy of logits bilinearly upsampled to the labels' size: −log softmax(upsampled logits)[label], so that
// full-resolution logits never exist.
//
//   logits          [n, in_h, in_w, vectors]     vec4: four classes
//   labels          [n, ⌈out_h · out_w / 4⌉]     u32: four pixels, a byte each, the first in the low byte
//   class_weights   [channels], read if has_class_weights
//   log_sum_exp     [n, out_h, out_w]            log Σ exp of a pixel's upsampled logits; 0 where it is ignored
//   partials        [workgroups]                 Σ weight · loss and Σ weight of a workgroup's pixels
//
// One invocation does one label pixel; a workgroup adds its pixels pairwise. See softmax_cross_entropy_merge.wgsl.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> logits: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> labels: array<u32>;
@group(0) @binding(3) var<storage, read_write> class_weights: array<f32>;
@group(0) @binding(4) var<storage, read_write> log_sum_exp: array<f32>;
@group(0) @binding(5) var<storage, read_write> partials: array<vec2f>;

struct Params {
  in_h: u32,
  in_w: u32,
  out_h: u32,
  out_w: u32,
  channels: u32,
  vectors: u32,
  pixels: u32, // n · out_h · out_w
  ignore_index: u32,
  has_class_weights: u32,
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

// First vectors of the four pixels around a position, and where between them it lies.
struct Corners {
  top_left: u32,
  top_right: u32,
  bottom_left: u32,
  bottom_right: u32,
  share: vec2f,
}

fn corners_of(pixel: u32) -> Corners {
  let row = pixel / params.out_w;
  let image = row / params.out_h * params.in_h;
  let y = between(i32(row % params.out_h) * params.step_y + params.shift_y, params.unit_y, params.in_h);
  let x = between(i32(pixel % params.out_w) * params.step_x + params.shift_x, params.unit_x, params.in_w);
  let top = (image + y.low) * params.in_w;
  let bottom = (image + y.high) * params.in_w;
  return Corners(
    (top + x.low) * params.vectors,
    (top + x.high) * params.vectors,
    (bottom + x.low) * params.vectors,
    (bottom + x.high) * params.vectors,
    vec2f(x.share, y.share),
  );
}

fn upsampled(at: Corners, vector: u32) -> vec4f {
  let above = mix(logits[at.top_left + vector], logits[at.top_right + vector], at.share.x);
  let below = mix(logits[at.bottom_left + vector], logits[at.bottom_right + vector], at.share.x);
  return mix(above, below, at.share.y);
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

fn log_sum_exp_of(corners: Corners) -> f32 {
  var highest = vec4f(upsampled(corners, 0).x);
  for (var v = 0u; v < params.vectors; v++) {
    highest = select(highest, max(highest, upsampled(corners, v)), is_class(v));
  }
  let shift = max(max(highest.x, highest.y), max(highest.z, highest.w));
  var sums = vec4f(0);
  for (var v = 0u; v < params.vectors; v++) {
    sums += select(vec4f(0), exp(upsampled(corners, v) - shift), is_class(v));
  }
  return shift + log(sums.x + sums.y + sums.z + sums.w);
}

// Weight · loss and weight of a pixel; both are 0 where it is ignored, and so where the label is no class.
fn loss_of(pixel: u32) -> vec2f {
  let label = label_of(pixel);
  if (label == params.ignore_index || label >= params.channels) {
    log_sum_exp[pixel] = 0.0;
    return vec2f(0);
  }
  let corners = corners_of(pixel);
  let normaliser = log_sum_exp_of(corners);
  log_sum_exp[pixel] = normaliser;
  var weight = 1.0;
  if (params.has_class_weights != 0u) { weight = class_weights[label]; }
  return vec2f(weight * (normaliser - upsampled(corners, label / 4u)[label % 4u]), weight);
}

var<workgroup> sums: array<vec2f, 256>;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = group.y * groups.x + group.x;
  let pixel = index * 256u + lane;
  var own = vec2f(0);
  if (pixel < params.pixels) { own = loss_of(pixel); }
  sums[lane] = own;
  for (var half = 128u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { sums[lane] += sums[lane + half]; }
  }
  if (lane == 0u && index * 256u < params.pixels) { partials[index] = sums[0]; }
}
