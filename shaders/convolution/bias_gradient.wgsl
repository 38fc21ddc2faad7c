// The gradient of a convolution's bias: the sum of the output's gradient over all pixels. The pixels are split into
// shares, and conv2d_reduce_weight.wgsl adds up the sums of the shares.
//
//   output_gradient   [pixels, vectors]   vec4: four channels
//   partials          [splits, vectors]
//
// One invocation adds up one vector over one share of the pixels. Neighbouring invocations take neighbouring vectors.

#import "lib/invocations.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> output_gradient: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> partials: array<vec4f>;

struct Params {
  pixels: u32, // n · h · w
  vectors: u32,
  splits: u32,
}

fn compute(index: u32) {
  if (index >= params.splits * params.vectors) { return; }
  let vector = index % params.vectors;
  let share = (params.pixels + params.splits - 1u) / params.splits;
  let first = index / params.vectors * share;
  let end = min(first + share, params.pixels);

  var sum = vec4f(0);
  for (var pixel = first; pixel < end; pixel++) {
    sum += output_gradient[pixel * params.vectors + vector];
  }
  partials[index] = sum;
}
