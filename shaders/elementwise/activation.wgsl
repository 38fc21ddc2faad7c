// output = act(input), where the activation could not be fused into the kernel that makes its input.
//
//   input, output   [count]   vec4: four channels
//
// One invocation computes every `stride`-th vector.

#import "lib/activate.wgsl"
#import "lib/elementwise.wgsl"

alias Stored = f32; // the type in memory; a kernel may replace it by f16. All arithmetic is in f32.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4<Stored>>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4<Stored>>;

struct Params {
  count: u32,
  stride: u32, // number of invocations
  low: f32, // the activation clamps to low … high
  high: f32,
}

fn compute_vector(index: u32) {
  output[index] = vec4<Stored>(activate(vec4f(input[index])));
}
