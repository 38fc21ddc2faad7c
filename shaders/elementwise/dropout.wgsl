// Dropout: output = input / (1 − p) where a value is kept, 0 where it is dropped. It is its own backward, applied to
// the gradient: which values are kept depends only on (seed, step, place). These are integers, so the choice is the
// same on every adapter.
//
//   input, output   [count]   vec4: four channels
//   step            [1]       the training step; a buffer, because it changes in every step
//
// One invocation computes every `stride`-th vector.

#import "lib/invocations.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> step: array<u32>;
@group(0) @binding(3) var<storage, read_write> output: array<vec4f>;

struct Params {
  count: u32,
  stride: u32, // number of invocations
  seed: u32,
  dropped: u32, // p · 2³²: values whose hash is below it are dropped
  scale: f32, // 1 / (1 − p)
}

// A bijection of 32-bit integers. Any change of the input changes about half of the output's bits: Wellons' lowbias32,
// public domain.
fn scrambled(value: vec4u) -> vec4u {
  var x = value;
  x = (x ^ (x >> vec4u(16))) * 0x7feb352du;
  x = (x ^ (x >> vec4u(15))) * 0x846ca68bu;
  return x ^ (x >> vec4u(16));
}

fn compute(first: u32) {
  if (first >= params.stride) { return; }
  let stream = scrambled(scrambled(vec4u(params.seed)) ^ vec4u(step[0]));
  for (var index = first; index < params.count; index += params.stride) {
    let place = vec4u(index * 4u) + vec4u(0, 1, 2, 3);
    let hash = scrambled(stream + scrambled(place));
    output[index] = select(input[index] * params.scale, vec4f(0), hash < vec4u(params.dropped));
  }
}
