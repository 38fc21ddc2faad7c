// The gradient of batch norm by its input. The statistics are those of the batch, so they depend on the input too:
//
//   dx = γ/√(σ² + ε) · (dy − (Σ dy + x̂ · Σ dy · x̂)/pixels),   x̂ = (x − mean)/√(σ² + ε)
//
// dy is output_gradient where the activation after the batch norm passed its value, and 0 where the activation clamped it.
//
//   input, output_gradient, input_gradient   [pixels, vectors]   vec4: four channels
//   gamma, beta, mean, variance              [channels]          β is read if has_activation
//   sums                                     [2, vectors]        Σ dy, then Σ dy · x̂; see batch_norm_backward_merge.wgsl
//
// One invocation computes one vector of every `stride`-th pixel, so that it loads the values of its channels only once.

#import "lib/invocations.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> output_gradient: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> gamma: array<f32>;
@group(0) @binding(4) var<storage, read_write> beta: array<f32>;
@group(0) @binding(5) var<storage, read_write> mean: array<f32>;
@group(0) @binding(6) var<storage, read_write> variance: array<f32>;
@group(0) @binding(7) var<storage, read_write> sums: array<vec4f>;
@group(0) @binding(8) var<storage, read_write> input_gradient: array<vec4f>;

struct Params {
  pixels: u32, // n · h · w
  vectors: u32,
  channels: u32,
  stride: u32, // number of invocations for each vector
  epsilon: f32,
  has_activation: u32,
  low: f32, // the activation clamps to low … high
  high: f32,
}

fn compute(index: u32) {
  if (index >= params.stride * params.vectors) { return; }
  let vector = index % params.vectors;
  let channels = vec4u(vector * 4u) + vec4u(0, 1, 2, 3);
  let is_channel = channels < vec4u(params.channels);
  // Components past the last channel load the last channel, and store zeros.
  let at = min(channels, vec4u(params.channels - 1u));
  let centre = vec4f(mean[at.x], mean[at.y], mean[at.z], mean[at.w]);
  let deviation = sqrt(vec4f(variance[at.x], variance[at.y], variance[at.z], variance[at.w]) + params.epsilon);
  let scale = 1.0 / deviation;
  let factor = vec4f(gamma[at.x], gamma[at.y], gamma[at.z], gamma[at.w]);
  let gain = factor * scale;
  var forward_scale = vec4f(0);
  var shift = vec4f(0);
  if (params.has_activation != 0u) {
    // The same arithmetic as in batch_norm.wgsl, so that the same values count as clamped.
    forward_scale = factor / deviation;
    shift = vec4f(beta[at.x], beta[at.y], beta[at.z], beta[at.w]);
  }
  // Means over the pixels:
  let gradient_mean = sums[vector] / f32(params.pixels);
  let normal_mean = sums[params.vectors + vector] / f32(params.pixels);

  for (var pixel = index / params.vectors; pixel < params.pixels; pixel += params.stride) {
    let distance = input[pixel * params.vectors + vector] - centre;
    var gradient = output_gradient[pixel * params.vectors + vector];
    if (params.has_activation != 0u) {
      let value = distance * forward_scale + shift;
      gradient = select(gradient, vec4f(0), (value <= vec4f(params.low)) | (value >= vec4f(params.high)));
    }
    gradient -= gradient_mean + distance * scale * normal_mean;
    input_gradient[pixel * params.vectors + vector] = select(vec4f(0), gradient * gain, is_channel);
  }
}
