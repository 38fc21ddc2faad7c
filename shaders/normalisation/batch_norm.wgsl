// Batch norm with given statistics, where it could not be folded: output = act((input − μ) · γ/√(σ² + ε) + β).
//
//   input, output   [pixels, vectors]           vec4: four channels
//   gamma, beta, mean, variance   [channels]    μ and σ² are the running statistics or, in training, those of the batch
//
// One invocation computes one vector of every `stride`-th pixel, so that it loads the values of its channels only once.

#import "lib/activate.wgsl"
#import "lib/invocations.wgsl"

alias Stored = f32; // the type in memory; a kernel may replace it by f16. All arithmetic is in f32.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4<Stored>>;
@group(0) @binding(2) var<storage, read_write> gamma: array<f32>;
@group(0) @binding(3) var<storage, read_write> beta: array<f32>;
@group(0) @binding(4) var<storage, read_write> mean: array<f32>;
@group(0) @binding(5) var<storage, read_write> variance: array<f32>;
@group(0) @binding(6) var<storage, read_write> output: array<vec4<Stored>>;

struct Params {
  pixels: u32,
  vectors: u32,
  channels: u32,
  stride: u32, // number of invocations for each vector
  epsilon: f32,
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
  let shift = vec4f(beta[at.x], beta[at.y], beta[at.z], beta[at.w]);
  let scale = vec4f(gamma[at.x], gamma[at.y], gamma[at.z], gamma[at.w])
    / sqrt(vec4f(variance[at.x], variance[at.y], variance[at.z], variance[at.w]) + params.epsilon);

  for (var pixel = index / params.vectors; pixel < params.pixels; pixel += params.stride) {
    let normal = (vec4f(input[pixel * params.vectors + vector]) - centre) * scale + shift;
    output[pixel * params.vectors + vector] = vec4<Stored>(select(vec4f(0), activate(normal), is_channel));
  }
}
