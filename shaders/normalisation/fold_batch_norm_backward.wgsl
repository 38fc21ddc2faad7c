// Backward of fold_batch_norm.wgsl: from the gradients of the folded weight and bias to those of the weight, γ and β. With
// σ' = √(σ² + ε) and the gradient G of the folded weight:
//
//   weight_gradient = G · γ/σ'      gamma_gradient = (Σ weight · G − μ · beta_gradient)/σ'
//
//   weight            [out_channels, fan_in], PyTorch's layout
//   weight_gradient   [out_channels, fan_in]   holds G before, and the gradient of the weight after
//   beta_gradient     [out_channels]           the gradient of the folded bias, which is also that of β
//   gamma, mean, variance, gamma_gradient   [out_channels]
//
// CHANNEL_LANES invocations share one output channel: each takes every CHANNEL_LANES-th weight, then their sums are
// added pairwise.

#import "lib/workgroup_index.wgsl"

const LANES = 64u; // of a workgroup
const CHANNEL_LANES = 8u; // a power of two, LANES at most

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> weight: array<f32>;
@group(0) @binding(2) var<storage, read_write> gamma: array<f32>;
@group(0) @binding(3) var<storage, read_write> mean: array<f32>;
@group(0) @binding(4) var<storage, read_write> variance: array<f32>;
@group(0) @binding(5) var<storage, read_write> beta_gradient: array<f32>;
@group(0) @binding(6) var<storage, read_write> weight_gradient: array<f32>;
@group(0) @binding(7) var<storage, read_write> gamma_gradient: array<f32>;

struct Params {
  out_channels: u32,
  fan_in: u32, // in_channels · k_h · k_w
  epsilon: f32,
}

var<workgroup> sums: array<f32, LANES>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) invocation: u32,
) {
  let lane = invocation % CHANNEL_LANES;
  let channel = workgroup_index(group, groups) * (LANES / CHANNEL_LANES) + invocation / CHANNEL_LANES;
  let is_channel = channel < params.out_channels;
  let scale = 1.0 / sqrt(variance[min(channel, params.out_channels - 1u)] + params.epsilon);

  var sum = 0.0;
  if (is_channel) {
    for (var i = lane; i < params.fan_in; i += CHANNEL_LANES) {
      let at = channel * params.fan_in + i;
      sum += weight[at] * weight_gradient[at];
      weight_gradient[at] *= gamma[channel] * scale;
    }
  }
  sums[invocation] = sum;
  for (var half = CHANNEL_LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { sums[invocation] += sums[invocation + half]; }
  }
  if (lane == 0u && is_channel) {
    gamma_gradient[channel] = (sums[invocation] - mean[channel] * beta_gradient[channel]) * scale;
  }
}
