// A rectangle of a map. It may reach past the map, as in the gradient of a crop: there the result is zero.
//
//   input    [n, in_h, in_w, vectors]     vec4: four channels
//   output   [n, out_h, out_w, vectors]   of the input, the rows from `top` on and the columns from `left` on
//
// One invocation copies one vector.

#import "lib/invocations.wgsl"

alias Stored = f32; // the type in memory; a kernel may replace it by f16

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4<Stored>>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4<Stored>>;

struct Params {
  in_h: u32,
  in_w: u32,
  out_h: u32,
  out_w: u32,
  vectors: u32,
  count: u32, // n · out_h · out_w · vectors
  top: u32, // negative numbers wrap round, and so do coordinates before the map
  left: u32,
}

fn compute(index: u32) {
  if (index >= params.count) { return; }
  let pixel = index / params.vectors;
  let row = pixel / params.out_w;
  let image = row / params.out_h;
  let y = row - image * params.out_h + params.top;
  let x = pixel - row * params.out_w + params.left;
  var value = vec4<Stored>();
  if (y < params.in_h && x < params.in_w) {
    value = input[((image * params.in_h + y) * params.in_w + x) * params.vectors + index % params.vectors];
  }
  output[index] = value;
}
