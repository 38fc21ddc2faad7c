// Packs a convolution's weight for its backward pass: input and output channels change places, and the taps are in
// reverse order. Where batch norm is folded into the weight, it is scaled by γ/√(σ² + ε), as in fold_batch_norm.wgsl.
//
//   weight            [out_channels, in_channels, taps], PyTorch's layout
//   gamma, variance   [out_channels], read if has_batch_norm
//   packed            [taps, out_padded, in_vectors]   vec4: four input channels; zeros past out_channels and in_channels
//
// One invocation packs one vector at each tap, all from one stretch of `weight`.

#import "lib/invocations.wgsl"

alias Stored = f32; // the type in memory; a kernel may replace it by f16. All arithmetic is in f32.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read> gamma: array<f32>;
@group(0) @binding(3) var<storage, read> variance: array<f32>;
@group(0) @binding(4) var<storage, read_write> packed: array<vec4<Stored>>;

struct Params {
  out_channels: u32,
  in_channels: u32,
  taps: u32,
  out_padded: u32, // out_channels, padded to whole vectors
  in_vectors: u32,
  has_batch_norm: u32,
  epsilon: f32,
}

fn scale_of(channel: u32) -> f32 {
  if (params.has_batch_norm == 0u || channel >= params.out_channels) { return 1.0; }
  return gamma[channel] / sqrt(variance[channel] + params.epsilon);
}

fn weight_of(channel: u32, in_channel: u32, tap: u32) -> f32 {
  if (channel >= params.out_channels || in_channel >= params.in_channels) { return 0.0; }
  return weight[(channel * params.in_channels + in_channel) * params.taps + tap];
}

fn compute(index: u32) {
  if (index >= params.out_padded * params.in_vectors) { return; }
  let in_channel = index % params.in_vectors * 4u;
  let channel = index / params.in_vectors;
  let scale = scale_of(channel);
  for (var tap = 0u; tap < params.taps; tap++) {
    let reversed = params.taps - 1u - tap;
    packed[reversed * params.out_padded * params.in_vectors + index] = vec4<Stored>(scale * vec4f(
      weight_of(channel, in_channel, tap),
      weight_of(channel, in_channel + 1u, tap),
      weight_of(channel, in_channel + 2u, tap),
      weight_of(channel, in_channel + 3u, tap),
    ));
  }
}
