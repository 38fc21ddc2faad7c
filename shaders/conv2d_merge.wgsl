// Adds up the partial sums of conv2d_tiled.wgsl, always in the same order: output = act(Σ partials + bias + residual).
//
//   partials [splits, n, out_h, out_w, out_vectors]
//   bias     [out_vectors], or [n, bias_pitch] for a bias per image; read if has_bias
//   residual the output's shape, read if has_residual; if in_place, it is what output holds before
//   output   [n, out_h, out_w, out_pitch], this op's out_vectors starting at out_offset

// Stored is f32 or f16, as the kernel says; all is computed in f32.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> partials: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> bias: array<vec4<Stored>>;
@group(0) @binding(3) var<storage, read_write> residual: array<vec4<Stored>>;
@group(0) @binding(4) var<storage, read_write> output: array<vec4<Stored>>;

struct Params {
  count: u32, // n · out_h · out_w · out_vectors
  splits: u32,
  image_pixels: u32, // out_h · out_w
  out_vectors: u32,
  out_pitch: u32,
  out_offset: u32,
  has_bias: u32,
  bias_pitch: u32, // 0: one bias for all images
  has_residual: u32,
  in_place: u32,
  low: f32, // the activation: values are clamped to low … high
  high: f32,
}

// Comparisons rather than clamp, so that NaN stays NaN.
fn activate(value: vec4f) -> vec4f {
  let raised = select(value, vec4f(params.low), value < vec4f(params.low));
  return select(raised, vec4f(params.high), raised > vec4f(params.high));
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = (group.y * groups.x + group.x) * 64u + lane;
  if (index >= params.count) { return; }
  let pixel = index / params.out_vectors;
  let vector = index - pixel * params.out_vectors;

  var value = partials[index];
  for (var split = 1u; split < params.splits; split++) { value += partials[split * params.count + index]; }
  if (params.has_bias != 0u) { value += vec4f(bias[pixel / params.image_pixels * params.bias_pitch + vector]); }
  let at = pixel * params.out_pitch + params.out_offset + vector;
  if (params.has_residual != 0u) { value += vec4f(residual[at]); }
  if (params.in_place != 0u) { value += vec4f(output[at]); }
  output[at] = vec4<Stored>(activate(value));
}
