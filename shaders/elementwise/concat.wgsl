// Copies one input of a concatenation into its channels of the result, where its producer could not write there directly.
//
//   input    [pixels, vectors]     vec4: four channels
//   output   [pixels, out_pitch]   one element a channel; this input becomes the channels offset … offset + channels − 1
//
// One invocation copies one vector of every `stride`-th pixel. It copies component by component, because `offset` may
// not be a multiple of four. The last input also writes the zeros that pad the result.

#import "lib/invocations.wgsl"

alias Stored = f32; // the type in memory; a kernel may replace it by f16. All arithmetic is in f32.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4<Stored>>;
@group(0) @binding(2) var<storage, read_write> output: array<Stored>;

struct Params {
  pixels: u32,
  vectors: u32, // of the input
  channels: u32,
  stride: u32, // number of invocations for each vector that is copied
  copied: u32, // channels to copy, and the padding after them
  out_pitch: u32, // elements of a pixel in `output`
  offset: u32,
}

fn compute(index: u32) {
  let copied_vectors = (params.copied + 3u) / 4u;
  if (index >= params.stride * copied_vectors) { return; }
  let first = index / copied_vectors;
  let vector = index - first * copied_vectors;

  for (var pixel = first; pixel < params.pixels; pixel += params.stride) {
    let value = input[pixel * params.vectors + min(vector, params.vectors - 1u)];
    for (var c = 0u; c < 4u; c++) {
      let channel = vector * 4u + c;
      if (channel < params.copied) {
        let at = pixel * params.out_pitch + params.offset + channel;
        output[at] = select(Stored(0), value[c], channel < params.channels);
      }
    }
  }
}
