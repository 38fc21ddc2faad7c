// Adds up the partial gradients of a weight, always in the same order, and lays the sum out as PyTorch lays the weight.
//
//   partials          [splits, taps, in_padded, out_vectors]   vec4: four output channels
//   weight_gradient   [out_channels, in_channels, taps]        (in_channels = in_padded = 1 for a depthwise convolution)
//
// One invocation adds up one vector of the partials.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> partials: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> weight_gradient: array<f32>;

struct Params {
  splits: u32,
  taps: u32,
  in_channels: u32,
  in_padded: u32,
  out_channels: u32,
  out_vectors: u32,
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = (group.y * groups.x + group.x) * 64u + lane;
  let pitch = params.taps * params.in_padded * params.out_vectors;
  let in_channel = index / params.out_vectors % params.in_padded;
  if (index >= pitch || in_channel >= params.in_channels) { return; }

  var sum = vec4f(0);
  for (var split = 0u; split < params.splits; split++) { sum += partials[split * pitch + index]; }

  let tap = index / (params.out_vectors * params.in_padded);
  let channel = index % params.out_vectors * 4u;
  for (var c = 0u; c < min(4u, params.out_channels - channel); c++) {
    weight_gradient[((channel + c) * params.in_channels + in_channel) * params.taps + tap] = sum[c];
  }
}
