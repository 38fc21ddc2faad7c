// Some of the channels of a tensor: what of a concatenation's gradient belongs to one of its inputs.
//
//   input    [pixels, in_pitch]    f32: padded channels
//   output   [pixels, vectors]     vec4: four of the input's channels, from `offset` on; zeros past the last
//
// One invocation makes one vector of every `stride`-th pixel.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4f>;

struct Params {
  pixels: u32,
  vectors: u32, // of the output
  channels: u32,
  stride: u32, // in pixels; invocations for each vector
  in_pitch: u32,
  offset: u32,
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = (group.y * groups.x + group.x) * 64u + lane;
  if (index >= params.stride * params.vectors) { return; }
  let first = index / params.vectors;
  let vector = index - first * params.vectors;
  let is_channel = vec4u(vector * 4u) + vec4u(0, 1, 2, 3) < vec4u(params.channels);

  for (var pixel = first; pixel < params.pixels; pixel += params.stride) {
    let at = pixel * params.in_pitch + params.offset + vector * 4u;
    let value = vec4f(input[at], input[at + 1u], input[at + 2u], input[at + 3u]);
    output[pixel * params.vectors + vector] = select(vec4f(0), value, is_channel);
  }
}
