// One step of stochastic gradient descent with momentum, as in torch.optim.SGD:
//
//   velocity = momentum · velocity + gradient + weight_decay · parameter      parameter −= learning rate · velocity
//
//   parameters, gradients, velocities   [count]   the velocities are zero before the first step
//   learning_rate   [1]   of this step; a buffer, because it changes in every step
//
// One invocation updates LANE_PARAMETERS parameters, LANES apart. All parameters of a workgroup are next to each other.

#import "lib/workgroup_index.wgsl"

const LANES = 64u; // of a workgroup
const LANE_PARAMETERS = 16u; // on CPU adapters, starting a workgroup costs more than one parameter for each lane

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> gradients: array<f32>;
@group(0) @binding(2) var<storage, read_write> learning_rate: array<f32>;
@group(0) @binding(3) var<storage, read_write> parameters: array<f32>;
@group(0) @binding(4) var<storage, read_write> velocities: array<f32>;

struct Params {
  count: u32,
  multiplier: f32, // factor of the learning rate for these parameters
  momentum: f32,
  weight_decay: f32,
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let first = workgroup_index(group, groups) * LANES * LANE_PARAMETERS + lane;
  let rate = learning_rate[0] * params.multiplier;
  for (var i = first; i < min(first + LANE_PARAMETERS * LANES, params.count); i += LANES) {
    let parameter = parameters[i];
    let velocity = params.momentum * velocities[i] + (gradients[i] + params.weight_decay * parameter);
    velocities[i] = velocity;
    parameters[i] = parameter - rate * velocity;
  }
}
