// Backward of batch norm with the batch's own statistics, which depend on the input too:
//
//   dx = γ/√(σ² + ε) · (dy − (Σ dy + x̂ · Σ dy · x̂)/pixels),   x̂ = (x − mean)/√(σ² + ε)
//
//   input, output_gradient, input_gradient   [pixels, vectors]   vec4: four channels
//   gamma, mean, variance   [channels]
//   gamma_gradient, beta_gradient   [channels]   the two sums; see batch_norm_backward_merge.wgsl
//
// One invocation computes one vector of one pixel.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> output_gradient: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> gamma: array<f32>;
@group(0) @binding(4) var<storage, read_write> mean: array<f32>;
@group(0) @binding(5) var<storage, read_write> variance: array<f32>;
@group(0) @binding(6) var<storage, read_write> gamma_gradient: array<f32>;
@group(0) @binding(7) var<storage, read_write> beta_gradient: array<f32>;
@group(0) @binding(8) var<storage, read_write> input_gradient: array<vec4f>;

struct Params {
  pixels: u32, // n · h · w
  vectors: u32,
  channels: u32,
  epsilon: f32,
}

fn gradient_of(value: f32, gradient: f32, channel: u32) -> f32 {
  if (channel >= params.channels) { return 0.0; }
  let scale = 1.0 / sqrt(variance[channel] + params.epsilon);
  let normal = (value - mean[channel]) * scale;
  let through_statistics = (beta_gradient[channel] + normal * gamma_gradient[channel]) / f32(params.pixels);
  return gamma[channel] * scale * (gradient - through_statistics);
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
  let gradient = output_gradient[index];
  let channel = index % params.vectors * 4u;
  input_gradient[index] = vec4f(
    gradient_of(value.x, gradient.x, channel),
    gradient_of(value.y, gradient.y, channel + 1u),
    gradient_of(value.z, gradient.z, channel + 2u),
    gradient_of(value.w, gradient.w, channel + 3u),
  );
}
