// Copies some of the channels of a tensor, such as the part of a concatenation's gradient that belongs to one input.
//
//   input    [pixels, in_pitch]    one element a channel, with padding
//   output   [pixels, vectors]     vec4: four of the input's channels, from `offset` on; zeros past the last one
//
// One invocation copies one vector of every `stride`-th pixel.

#import "lib/invocations.wgsl"
#import "lib/is_channel.wgsl"

alias Stored = f32; // the type in memory; a kernel may replace it by f16

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<Stored>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4<Stored>>;

struct Params {
  pixels: u32,
  vectors: u32, // of the output
  channels: u32, // of the output
  stride: u32, // number of invocations for each vector
  in_pitch: u32, // elements of a pixel in `input`
  offset: u32,
}

fn compute(index: u32) {
  if (index >= params.stride * params.vectors) { return; }
  let first = index / params.vectors;
  let vector = index - first * params.vectors;

  for (var pixel = first; pixel < params.pixels; pixel += params.stride) {
    let at = pixel * params.in_pitch + params.offset + vector * 4u;
    let value = vec4<Stored>(input[at], input[at + 1u], input[at + 2u], input[at + 3u]);
    output[pixel * params.vectors + vector] = select(vec4<Stored>(), value, is_channel(vector));
  }
}
