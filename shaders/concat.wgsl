// Copies one input of a concatenation into its channels of the result, where it could not be written there at once.
//
//   input    [pixels, in_pitch]    f32: padded channels
//   output   [pixels, out_pitch]   channels offset … offset + channels
//
// One invocation copies one channel of one pixel; the last input also writes the zeros that pad the result.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<f32>;
@group(0) @binding(2) var<storage, read_write> output: array<f32>;

struct Params {
  pixels: u32,
  channels: u32,
  copied: u32, // channels, and padding after them
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
  if (index >= params.pixels * params.copied) { return; }
  let pixel = index / params.copied;
  let channel = index % params.copied;
  var value = 0.0;
  if (channel < params.channels) { value = input[pixel * params.in_pitch + channel]; }
  output[pixel * params.out_pitch + params.offset + channel] = value;
}
