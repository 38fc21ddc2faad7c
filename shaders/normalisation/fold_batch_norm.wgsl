// Packs a convolution's weight for conv2d.wgsl and depthwise_conv2d.wgsl, and folds the batch norm after the
// convolution into it:
//
//   weight' = weight · γ/√(σ² + ε)      bias' = (bias − μ) · γ/√(σ² + ε) + β
//
//   weight   [out_channels, in_channels, k_h, k_w], PyTorch's layout; in_channels = 1 for a depthwise weight
//   gamma, beta, mean, variance   [out_channels], read if has_batch_norm
//   bias     [out_channels], read if has_bias
//   packed   [taps, in_padded, out_vectors]   vec4: four output channels; in_count input channels from in_from on, then zeros
//   packed_bias   [out_vectors]
//
// One invocation packs one vector of output channels, for `run` input channels, at all taps. For each output channel it
// reads one stretch of `weight`, about a cache line. The first out_vectors invocations also make one vector of
// `packed_bias` each.

#import "lib/invocations.wgsl"

alias Stored = f32; // the type in memory; a kernel may replace it by f16. All arithmetic is in f32.

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
  in_channels: u32, // of `weight`
  in_from: u32,
  in_count: u32, // input channels that this convolution reads
  in_padded: u32, // in_count, padded to whole vectors
  run: u32, // input channels of an invocation
  taps: u32,
  out_vectors: u32,
  has_batch_norm: u32,
  has_bias: u32,
  epsilon: f32,
}

fn compute(index: u32) {
  let vector = index % params.out_vectors;
  let first = index / params.out_vectors * params.run;
  if (first >= params.in_padded) { return; }
  // The last vector may have fewer than four channels. Its other components are zeros.
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
