// Some of the channels of a tensor: what of a concatenation's gradient belongs to one of its inputs.
//
//   input    [pixels, in_pitch]    f32: padded channels
//   output   [pixels, out_pitch]   the input's channels from `offset` on; zeros past the last
//
// One invocation copies one channel of one pixel.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;

struct Params {
  pixels: u32,
  channels: u32, // of the output
  in_pitch: u32,
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
  if (index >= params.pixels * params.out_pitch) { return; }
  let channel = index % params.out_pitch;
  var value = 0.0;
  if (channel < params.channels) { value = input[index / params.out_pitch * params.in_pitch + params.offset + channel]; }
  output[index] = value;
}
