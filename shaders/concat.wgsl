// Copies one input of a concatenation into its channels of the result, where it could not be written there at once.
//
//   input    [pixels, vectors]     vec4: four channels
//   output   [pixels, out_pitch]   a channel each: channels offset … offset + channels
//
// One invocation copies one vector of every `stride`-th pixel, word by word, since where they go may not be a multiple of four.
// The last input also writes the zeros that pad the result.

// Stored is f32 or f16, as the kernel says; all is computed in f32.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4<Stored>>;
@group(0) @binding(2) var<storage, read_write> output: array<Stored>;

struct Params {
  pixels: u32,
  vectors: u32, // of the input
  channels: u32,
  stride: u32, // in pixels; invocations for each vector that is copied
  copied: u32, // channels, and padding after them
  out_pitch: u32,
  offset: u32,
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = (group.y * groups.x + group.x) * 64u + lane;
  let copied_vectors = (params.copied + 3u) / 4u;
  if (index >= params.stride * copied_vectors) { return; }
  let first = index / copied_vectors;
  let vector = index - first * copied_vectors;

  for (var pixel = first; pixel < params.pixels; pixel += params.stride) {
    let value = input[pixel * params.vectors + min(vector, params.vectors - 1u)];
    for (var c = 0u; c < 4u; c++) {
      let channel = vector * 4u + c;
      if (channel < params.copied) {
        output[pixel * params.out_pitch + params.offset + channel] = select(Stored(0), value[c], channel < params.channels);
      }
    }
  }
}
