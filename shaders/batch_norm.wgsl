// Batch norm with given statistics, where it could not be folded: output = act((input − μ) · γ/√(σ² + ε) + β)
//
//   input, output   [pixels, vectors]   vec4: four channels
//   gamma, beta, mean, variance   [channels]   running statistics, or in training the batch's own
//
// One invocation computes one vector of one pixel.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> gamma: array<f32>;
@group(0) @binding(3) var<storage, read_write> beta: array<f32>;
@group(0) @binding(4) var<storage, read_write> mean: array<f32>;
@group(0) @binding(5) var<storage, read_write> variance: array<f32>;
@group(0) @binding(6) var<storage, read_write> output: array<vec4f>;

struct Params {
  pixels: u32,
  vectors: u32,
  channels: u32,
  epsilon: f32,
  low: f32, // the activation: values are clamped to low … high
  high: f32,
}

fn normalise(value: f32, channel: u32) -> f32 {
  if (channel >= params.channels) { return 0.0; }
  let normal = (value - mean[channel]) * (gamma[channel] / sqrt(variance[channel] + params.epsilon)) + beta[channel];
  // Comparisons rather than clamp, so that NaN stays NaN.
  let raised = select(normal, params.low, normal < params.low);
  return select(raised, params.high, raised > params.high);
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = (group.y * groups.x + group.x) * 64u + lane;
  if (index >= params.pixels * params.vectors) { return; }
  let value = input[index];
  let channel = index % params.vectors * 4u;
  output[index] = vec4f(
    normalise(value.x, channel),
    normalise(value.y, channel + 1u),
    normalise(value.z, channel + 2u),
    normalise(value.w, channel + 3u),
  );
}
