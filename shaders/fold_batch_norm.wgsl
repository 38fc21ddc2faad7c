// Re-lays a convolution's weight for conv2d.wgsl and depthwise_conv2d.wgsl, and folds the batch norm behind it into it:
//
//   weight' = weight · γ/√(σ² + ε)      bias' = (bias − μ) · γ/√(σ² + ε) + β
//
//   weight   [out_channels, in_channels, k_h, k_w], as PyTorch lays it (in_channels = 1 for a depthwise one)
//   gamma, beta, mean, variance   [out_channels], read if has_batch_norm;  bias   [out_channels], read if has_bias
//   packed   [taps, in_padded, out_vectors]   vec4: four output channels; input channels from `in_from` on, zeros past them
//   packed_bias   [out_vectors]
//
// One invocation makes the vectors of four output channels for `run` input channels at all taps: of each output channel that is one
// stretch of `weight`, a cache line or so. The first out_vectors of them make one of `packed_bias` too.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read> gamma: array<f32>;
@group(0) @binding(3) var<storage, read> beta: array<f32>;
@group(0) @binding(4) var<storage, read> mean: array<f32>;
@group(0) @binding(5) var<storage, read> variance: array<f32>;
@group(0) @binding(6) var<storage, read> bias: array<f32>;
@group(0) @binding(7) var<storage, read_write> packed: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> packed_bias: array<vec4f>;

struct Params {
  out_channels: u32,
  in_channels: u32, // of the weight as given
  in_from: u32,
  in_count: u32, // those that this convolution reads
  in_padded: u32,
  run: u32,
  taps: u32,
  out_vectors: u32,
  has_batch_norm: u32,
  has_bias: u32,
  epsilon: f32,
}

fn scale_of(channel: u32) -> f32 {
  if (params.has_batch_norm == 0u || channel >= params.out_channels) { return 1.0; }
  return gamma[channel] / sqrt(variance[channel] + params.epsilon);
}

fn weight_of(channel: u32, in_channel: u32, tap: u32) -> f32 {
  if (channel >= params.out_channels || in_channel >= params.in_count) { return 0.0; }
  return weight[(channel * params.in_channels + params.in_from + in_channel) * params.taps + tap];
}

fn bias_of(channel: u32) -> f32 {
  if (channel >= params.out_channels) { return 0.0; }
  var value = 0.0;
  if (params.has_bias != 0u) { value = bias[channel]; }
  if (params.has_batch_norm == 0u) { return value; }
  return (value - mean[channel]) * scale_of(channel) + beta[channel];
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = (group.y * groups.x + group.x) * 64u + lane;
  let vector = index % params.out_vectors;
  let first = index / params.out_vectors * params.run;
  if (first >= params.in_padded) { return; }
  let channel = vector * 4u;
  let scale = vec4f(scale_of(channel), scale_of(channel + 1u), scale_of(channel + 2u), scale_of(channel + 3u));
  for (var i = first; i < min(first + params.run, params.in_padded); i++) {
    for (var tap = 0u; tap < params.taps; tap++) {
      packed[(tap * params.in_padded + i) * params.out_vectors + vector] = scale * vec4f(
        weight_of(channel, i, tap),
        weight_of(channel + 1u, i, tap),
        weight_of(channel + 2u, i, tap),
        weight_of(channel + 3u, i, tap),
      );
    }
  }
  if (first == 0u) {
    packed_bias[vector] = vec4f(bias_of(channel), bias_of(channel + 1u), bias_of(channel + 2u), bias_of(channel + 3u));
  }
}
