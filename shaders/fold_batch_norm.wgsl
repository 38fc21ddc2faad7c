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

// Stored is f32 or f16, as the kernel says; all is computed in f32.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read> gamma: array<f32>;
@group(0) @binding(3) var<storage, read> beta: array<f32>;
@group(0) @binding(4) var<storage, read> mean: array<f32>;
@group(0) @binding(5) var<storage, read> variance: array<f32>;
@group(0) @binding(6) var<storage, read> bias: array<f32>;
@group(0) @binding(7) var<storage, read_write> packed: array<vec4<Stored>>;
@group(0) @binding(8) var<storage, read_write> packed_bias: array<vec4<Stored>>;

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
  // Of the last vector there may be fewer than four channels: the others are zeros.
  let channel = vector * 4u;
  let end = min(channel + 4u, params.out_channels);
  var scale = vec4f(1);
  var shift = vec4f(0);
  for (var c = channel; c < end; c++) {
    if (params.has_bias != 0u) { shift[c - channel] = bias[c]; }
    if (params.has_batch_norm != 0u) {
      let factor = gamma[c] / sqrt(variance[c] + params.epsilon);
      scale[c - channel] = factor;
      shift[c - channel] = (shift[c - channel] - mean[c]) * factor + beta[c];
    }
  }
  if (first == 0u) { packed_bias[vector] = vec4<Stored>(shift); }

  for (var i = first; i < min(first + params.run, params.in_padded); i++) {
    for (var tap = 0u; tap < params.taps; tap++) {
      var values = vec4f(0);
      if (i < params.in_count) {
        for (var c = channel; c < end; c++) {
          values[c - channel] = weight[(c * params.in_channels + params.in_from + i) * params.taps + tap];
        }
      }
      packed[(tap * params.in_padded + i) * params.out_vectors + vector] = vec4<Stored>(scale * values);
    }
  }
}
