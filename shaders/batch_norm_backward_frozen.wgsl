// Backward of batch norm with running statistics, which no input moves: dx = dy · γ/√(σ² + ε)
//
//   output_gradient, input_gradient   [pixels, vectors]   vec4: four channels
//   gamma, variance   [channels]
//
// One invocation computes one vector of one pixel.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> output_gradient: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> gamma: array<f32>;
@group(0) @binding(3) var<storage, read_write> variance: array<f32>;
@group(0) @binding(4) var<storage, read_write> input_gradient: array<vec4f>;

struct Params {
  pixels: u32, // n · h · w
  vectors: u32,
  channels: u32,
  epsilon: f32,
}

fn scaled(gradient: f32, channel: u32) -> f32 {
  if (channel >= params.channels) { return 0.0; }
  return gradient * (gamma[channel] / sqrt(variance[channel] + params.epsilon));
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = (group.y * groups.x + group.x) * 64u + lane;
  if (index >= params.pixels * params.vectors) { return; }
  let gradient = output_gradient[index];
  let channel = index % params.vectors * 4u;
  input_gradient[index] = vec4f(
    scaled(gradient.x, channel),
    scaled(gradient.y, channel + 1u),
    scaled(gradient.z, channel + 2u),
    scaled(gradient.w, channel + 3u),
  );
}
