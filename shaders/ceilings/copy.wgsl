// output = input: the most that an adapter's memory can do. Benches compare the other kernels with it.
//
//   input, output   [count]   vec4
//
// One invocation copies every `stride`-th vector.

#import "lib/elementwise.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4f>;

struct Params {
  count: u32,
  stride: u32, // number of invocations
}

fn compute_vector(index: u32) {
  output[index] = input[index];
}
