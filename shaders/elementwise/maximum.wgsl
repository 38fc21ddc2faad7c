// output = max(a, b), value by value. A NaN in either is a NaN in the output, as in PyTorch.
//
//   a, b, output   [count]   vec4: four channels
//
// One invocation computes every `stride`-th vector.

#import "lib/elementwise.wgsl"
#import "lib/is_nan.wgsl"

alias Stored = f32; // the type in memory; a kernel may replace it by f16. All arithmetic is in f32.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> a: array<vec4<Stored>>;
@group(0) @binding(2) var<storage, read_write> b: array<vec4<Stored>>;
@group(0) @binding(3) var<storage, read_write> output: array<vec4<Stored>>;

struct Params {
  count: u32,
  stride: u32, // number of invocations
}

fn compute_vector(index: u32) {
  let other = vec4f(b[index]);
  let value = vec4f(a[index]);
  output[index] = vec4<Stored>(select(other, value, (value > other) | is_nan(value)));
}
