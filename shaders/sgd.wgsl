// One step of stochastic gradient descent with momentum, as torch.optim.SGD does it:
//
//   velocity = momentum · velocity + gradient + weight_decay · parameter      parameter −= learning rate · velocity
//
//   parameters, gradients, velocities   [count]   velocities are zero before the first step
//   learning_rate   [1]   of this step; a buffer, since it changes with every one
//
// A workgroup updates PARAMETERS for each of its lanes, all next to each other.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> gradients: array<f32>;
@group(0) @binding(2) var<storage, read_write> learning_rate: array<f32>;
@group(0) @binding(3) var<storage, read_write> parameters: array<f32>;
@group(0) @binding(4) var<storage, read_write> velocities: array<f32>;

struct Params {
  count: u32,
  multiplier: f32, // of the learning rate
  momentum: f32,
  weight_decay: f32,
}

const PARAMETERS = 16u; // a workgroup costs a CPU adapter more than one parameter to a lane is worth

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let first = (group.y * groups.x + group.x) * 64u * PARAMETERS + lane;
  let rate = learning_rate[0] * params.multiplier;
  for (var i = first; i < min(first + PARAMETERS * 64u, params.count); i += 64u) {
    let parameter = parameters[i];
    let velocity = params.momentum * velocities[i] + (gradients[i] + params.weight_decay * parameter);
    velocities[i] = velocity;
    parameters[i] = parameter - rate * velocity;
  }
}
