// One step of AdamW (Loshchilov and Hutter 2019), as in torch.optim.AdamW:
//
//   velocity += (1 − β₁) · (gradient − velocity)      square += (1 − β₂) · (gradient² − square)
//   parameter −= learning rate · (velocity / (1 − β₁ᵗ) / (√(square / (1 − β₂ᵗ)) + ε) + weight_decay · parameter)
//
//   parameters, gradients, velocities, squares   [count]   velocities and squares are zero before the first step
//   step   [3]   the learning rate, 1 / (1 − β₁ᵗ) and 1 / √(1 − β₂ᵗ) of step t, counted from 1
//
// The decay is subtracted with the rest: a factor 1 − learning rate · weight_decay would be rounded to a multiple of 2⁻²⁴.
// One invocation updates LANE_PARAMETERS parameters, LANES apart. All parameters of a workgroup are next to each other.

#import "lib/workgroup_index.wgsl"

const LANES = 64u; // of a workgroup
const LANE_PARAMETERS = 16u; // on CPU adapters, starting a workgroup costs more than one parameter for each lane

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> gradients: array<f32>;
@group(0) @binding(2) var<storage, read_write> step: array<f32>;
@group(0) @binding(3) var<storage, read_write> parameters: array<f32>;
@group(0) @binding(4) var<storage, read_write> velocities: array<f32>;
@group(0) @binding(5) var<storage, read_write> squares: array<f32>;

struct Params {
  count: u32,
  multiplier: f32, // factor of the learning rate for these parameters
  velocity_share: f32, // 1 − β₁
  square_share: f32, // 1 − β₂
  epsilon: f32,
  weight_decay: f32,
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let first = workgroup_index(group, groups) * LANES * LANE_PARAMETERS + lane;
  let rate = step[0] * params.multiplier;
  for (var i = first; i < min(first + LANE_PARAMETERS * LANES, params.count); i += LANES) {
    let gradient = gradients[i];
    let velocity = velocities[i] + params.velocity_share * (gradient - velocities[i]);
    let square = squares[i] + params.square_share * (gradient * gradient - squares[i]);
    velocities[i] = velocity;
    squares[i] = square;
    let direction = velocity * step[1] / (sqrt(square) * step[2] + params.epsilon);
    parameters[i] -= rate * (direction + params.weight_decay * parameters[i]);
  }
}
