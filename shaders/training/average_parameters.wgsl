// One step of the exponential moving average of parameters: averages += share · (parameters − averages).
//
//   parameters, averages   [count]
//   share   [1]   of the newest parameters in the average; a buffer, because it changes in the first steps
//
// One invocation updates LANE_PARAMETERS parameters, LANES apart. All parameters of a workgroup are next to each other.

#import "lib/workgroup_index.wgsl"

const LANES = 64u; // of a workgroup
const LANE_PARAMETERS = 16u; // on CPU adapters, starting a workgroup costs more than one parameter for each lane

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> parameters: array<f32>;
@group(0) @binding(2) var<storage, read_write> share: array<f32>;
@group(0) @binding(3) var<storage, read_write> averages: array<f32>;

struct Params {
  count: u32,
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let first = workgroup_index(group, groups) * LANES * LANE_PARAMETERS + lane;
  for (var i = first; i < min(first + LANE_PARAMETERS * LANES, params.count); i += LANES) {
    averages[i] += share[0] * (parameters[i] - averages[i]);
  }
}
