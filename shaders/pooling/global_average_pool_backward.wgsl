// The gradient of global_average_pool.wgsl by its input: every pixel gets an equal share of its image's gradient.
//
//   output_gradient   [n, vectors]           vec4: four channels
//   input_gradient    [n, pixels, vectors]
//
// One invocation writes one vector of every `stride`-th pixel of an image.

#import "lib/invocations.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> output_gradient: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> input_gradient: array<vec4f>;

struct Params {
  pixels: u32, // h · w
  vectors: u32,
  stride: u32, // number of invocations for each vector of an image
  count: u32, // n · stride · vectors
}

fn compute(index: u32) {
  if (index >= params.count) { return; }
  let place = index / params.vectors;
  let vector = index - place * params.vectors;
  let image = place / params.stride;
  let share = output_gradient[image * params.vectors + vector] / f32(params.pixels);
  for (var pixel = place - image * params.stride; pixel < params.pixels; pixel += params.stride) {
    input_gradient[(image * params.pixels + pixel) * params.vectors + vector] = share;
  }
}
