// Adds up the partial gradients of a weight, always in the same order, and lays the sum out as PyTorch lays the weight.
//
//   partials          [splits, taps, in_padded, out_vectors]   vec4: four output channels
//   weight_gradient   [out_channels, in_channels, taps]        (in_channels = in_padded = 1 for a depthwise convolution)
//
// One invocation makes the gradients of four output channels for `run` input channels at all taps: of each output channel that is
// one stretch of `weight_gradient`, a cache line or so.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> partials: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> weight_gradient: array<f32>;

struct Params {
  splits: u32,
  run: u32,
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
  let vector = index % params.out_vectors;
  let first = index / params.out_vectors * params.run;
  let channel = vector * 4u;
  let pitch = params.taps * params.in_padded * params.out_vectors;
  for (var i = first; i < min(first + params.run, params.in_channels); i++) {
    for (var tap = 0u; tap < params.taps; tap++) {
      let at = (tap * params.in_padded + i) * params.out_vectors + vector;
      var sum = vec4f(0);
      for (var split = 0u; split < params.splits; split++) { sum += partials[split * pitch + at]; }
      for (var c = 0u; c < min(4u, params.out_channels - channel); c++) {
        weight_gradient[((channel + c) * params.in_channels + i) * params.taps + tap] = sum[c];
      }
    }
  }
}
