// Adds up the partial gradients of a weight, always in the same order, and leaves out their padded channels.
//
//   partials          [splits, out_padded, in_padded, taps]
//   weight_gradient   [out_channels, in_channels, taps]     for a depthwise convolution, in_channels = in_padded = 1
//
// One invocation computes LANE_WEIGHTS weights, LANES apart. All weights of a workgroup are next to each other.

#import "lib/workgroup_index.wgsl"

const LOADS = 8u; // of partials at once: a GPU waits for all of them as long as for one
const LANES = 64u; // of a workgroup
const LANE_WEIGHTS = 16u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> partials: array<f32>;
@group(0) @binding(2) var<storage, read_write> weight_gradient: array<f32>;

struct Params {
  splits: u32,
  pitch: u32, // out_padded · in_padded · taps
  count: u32, // out_channels · in_channels · taps
  row: u32, // in_channels · taps
  row_padded: u32, // in_padded · taps
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let first = workgroup_index(group, groups) * LANES * LANE_WEIGHTS + lane;
  for (var w = 0u; w < LANE_WEIGHTS; w++) {
    let index = first + w * LANES;
    if (index >= params.count) { return; }
    let at = index + index / params.row * (params.row_padded - params.row);
    var sum = 0.0;
    var split = 0u;
    for (var block = 0u; block < params.splits / LOADS; block++) {
      var loaded = array<f32, LOADS>();
      for (var l = 0u; l < LOADS; l++) { loaded[l] = partials[(split + l) * params.pitch + at]; }
      for (var l = 0u; l < LOADS; l++) { sum += loaded[l]; }
      split += LOADS;
    }
    for (var left = 0u; left < params.splits % LOADS; left++) { sum += partials[(split + left) * params.pitch + at]; }
    weight_gradient[index] = sum;
  }
}
