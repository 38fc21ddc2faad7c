// The gradient of maximum.wgsl by `a`: it passes where `a` is the larger one. Where both are equal, each takes half, as in PyTorch.
// With `a` and `b` exchanged it is the gradient by `b`.
//
//   a, b, output_gradient, input_gradient   [count]   vec4: four channels
//
// One invocation computes every `stride`-th vector.

#import "lib/elementwise.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> a: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> b: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> output_gradient: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> input_gradient: array<vec4f>;

struct Params {
  count: u32,
  stride: u32, // number of invocations
}

fn compute_vector(index: u32) {
  let gradient = output_gradient[index];
  let passed = select(vec4f(0), gradient, a[index] > b[index]);
  input_gradient[index] = select(passed, 0.5 * gradient, a[index] == b[index]);
}
