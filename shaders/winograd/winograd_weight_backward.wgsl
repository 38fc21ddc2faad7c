// The transpose of winograd_weight.wgsl (src/kernels/winograd/winograd.ts): from the gradient of a 3×3 weight's values at the
// points to the gradient of the weight.
//
//   sums              [POINTS, POINTS, in_padded, out_vectors]
//   weight_gradient   [out_channels, in_channels, 3, 3]          from_points along both axes, in PyTorch's layout of the weight
//
// One invocation computes the nine taps of one input channel for four output channels. A workgroup takes
// WORKGROUP_CHANNELS input channels × WORKGROUP_VECTORS vectors, so that it reads and writes whole cache lines.
// Neighbouring invocations have neighbouring input channels, whose results are next to each other in memory.

#import "lib/workgroup_index.wgsl"

const OUTPUTS = 4u; // outputs of a tile along an axis
const POINTS = 6u; // points along an axis
const WORKGROUP_CHANNELS = 8u;
const WORKGROUP_VECTORS = 8u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> sums: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> weight_gradient: array<f32>;

struct Params {
  in_channels: u32,
  in_padded: u32, // in_channels, padded to whole vectors
  out_channels: u32,
  out_vectors: u32,
  row_tiles: u32, // workgroups along the input channels
  points: u32, // POINTS, as a parameter, so that no compiler unrolls the loop over lines: that takes a second or two
}

// The transpose of to_points in winograd_weight.wgsl.
fn from_points(m: array<vec4f, 6>) -> array<vec4f, 3> {
  if (OUTPUTS == 2u) {
    return array(m[0], m[1] - m[0] - m[2], m[2]);
  }
  if (OUTPUTS == 3u) {
    let half_difference = m[1] - m[0];
    let far_difference = m[2] - m[3];
    return array(
      half_difference / 16.0 + far_difference / 48.0,
      (m[2] + m[3] - m[0] - m[1]) / 32.0,
      half_difference / 64.0 + 0.046875 * far_difference + m[4] / 16.0,
    );
  }
  let half_sum = m[1] + m[2];
  let far_sum = m[3] + m[4];
  return array(
    m[0] / 9.0 - half_sum / 8.0 + far_sum / 72.0,
    (m[2] - m[1]) / 16.0 + (m[3] - m[4]) / 48.0,
    (far_sum - half_sum) / 32.0 + m[5] / 16.0,
  );
}

@compute @workgroup_size(WORKGROUP_CHANNELS * WORKGROUP_VECTORS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = workgroup_index(group, groups);
  let channel = index % params.row_tiles * WORKGROUP_CHANNELS + lane % WORKGROUP_CHANNELS;
  let vector = index / params.row_tiles * WORKGROUP_VECTORS + lane / WORKGROUP_CHANNELS;
  if (channel >= params.in_channels || vector >= params.out_vectors) { return; }

  var lines: array<array<vec4f, 3>, POINTS>;
  for (var y = 0u; y < params.points; y++) {
    var line = array<vec4f, 6>();
    for (var x = 0u; x < POINTS; x++) {
      line[x] = sums[((y * POINTS + x) * params.in_padded + channel) * params.out_vectors + vector];
    }
    lines[y] = from_points(line);
  }
  for (var kx = 0u; kx < 3u; kx++) {
    var column = array<vec4f, 6>();
    for (var y = 0u; y < POINTS; y++) { column[y] = lines[y][kx]; }
    let taps = from_points(column);
    for (var o = 0u; o < 4u; o++) {
      let out_channel = vector * 4u + o;
      if (out_channel < params.out_channels) {
        for (var ky = 0u; ky < 3u; ky++) {
          weight_gradient[(out_channel * params.in_channels + channel) * 9u + ky * 3u + kx] = taps[ky][o];
        }
      }
    }
  }
}
