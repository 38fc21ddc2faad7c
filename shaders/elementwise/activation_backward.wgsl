// The gradient of an activation: it passes where the activation passed its input, and is 0 where the activation
// clamped. There the output is at an end of the activation's range, so the output alone is enough to know.
//
//   output, output_gradient, input_gradient   [count]   vec4: four channels
//
// One invocation computes every `stride`-th vector.

#import "lib/elementwise.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> output: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> output_gradient: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> input_gradient: array<vec4f>;

struct Params {
  count: u32,
  stride: u32, // number of invocations
  low: f32, // the activation clamps to low … high
  high: f32,
}

fn compute_vector(index: u32) {
  let value = output[index];
  let is_clamped = (value <= vec4f(params.low)) | (value >= vec4f(params.high));
  input_gradient[index] = select(output_gradient[index], vec4f(0), is_clamped);
}
