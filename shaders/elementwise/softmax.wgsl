// Softmax over the channels of each pixel.
//
//   input, output   [pixels, vectors]   vec4: four channels; the padding in the output is zero
//
// One invocation computes one pixel.

#import "lib/invocations.wgsl"
#import "lib/is_channel.wgsl"

alias Stored = f32; // the type in memory; a kernel may replace it by f16. All arithmetic is in f32.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4<Stored>>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4<Stored>>;

struct Params {
  pixels: u32,
  vectors: u32,
  channels: u32,
}

fn compute(pixel: u32) {
  if (pixel >= params.pixels) { return; }
  let first = pixel * params.vectors;

  var highest = vec4f(f32(input[first].x));
  for (var v = 0u; v < params.vectors; v++) {
    highest = select(highest, max(highest, vec4f(input[first + v])), is_channel(v));
  }
  let shift = max(max(highest.x, highest.y), max(highest.z, highest.w));

  var sums = vec4f(0);
  for (var v = 0u; v < params.vectors; v++) {
    sums += select(vec4f(0), exp(vec4f(input[first + v]) - shift), is_channel(v));
  }
  let sum = sums.x + sums.y + sums.z + sums.w;

  for (var v = 0u; v < params.vectors; v++) {
    let share = exp(vec4f(input[first + v]) - shift) / sum;
    output[first + v] = vec4<Stored>(select(vec4f(0), share, is_channel(v)));
  }
}
