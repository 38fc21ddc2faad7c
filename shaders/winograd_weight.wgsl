// A 3×3 weight as values at Winograd's points (src/kernels/winograd.ts), once at load.
//
//   weight        [3, 3, in_padded, out_vectors]             as fold_batch_norm.wgsl lays it
//   transformed   [POINTS, POINTS, in_padded, out_vectors]   to_points down and along
//
// One invocation transforms the nine taps of one vector.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weight: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> transformed: array<vec4f>;

struct Params {
  count: u32, // in_padded · out_vectors
}

// OUTPUTS and POINTS are set where the kernel is made.

// Three taps at the points of winograd_input.wgsl, with the divisors of the interpolation.
fn to_points(w: array<vec4f, 3>) -> array<vec4f, 6> {
  if (OUTPUTS == 2u) {
    return array(w[0] - w[1], w[1], w[2] - w[1], vec4f(0), vec4f(0), vec4f(0));
  }
  let half = w[0] + 0.25 * w[2];
  let far = w[0] + 2.25 * w[2];
  if (OUTPUTS == 3u) {
    return array(
      (half + 0.5 * w[1]) / -16.0,
      (half - 0.5 * w[1]) / 16.0,
      (far + 1.5 * w[1]) / 48.0,
      (far - 1.5 * w[1]) / -48.0,
      w[2] / 16.0,
      vec4f(0),
    );
  }
  return array(
    w[0] / 9.0,
    (half + 0.5 * w[1]) / -8.0,
    (half - 0.5 * w[1]) / -8.0,
    (far + 1.5 * w[1]) / 72.0,
    (far - 1.5 * w[1]) / 72.0,
    w[2] / 16.0,
  );
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = (group.y * groups.x + group.x) * 64u + lane;
  if (index >= params.count) { return; }
  var lines: array<array<vec4f, 6>, 3>;
  for (var y = 0u; y < 3u; y++) {
    let first = y * 3u * params.count + index;
    lines[y] = to_points(array(weight[first], weight[first + params.count], weight[first + 2u * params.count]));
  }
  for (var x = 0u; x < POINTS; x++) {
    let values = to_points(array(lines[0][x], lines[1][x], lines[2][x]));
    for (var y = 0u; y < POINTS; y++) { transformed[(y * POINTS + x) * params.count + index] = values[y]; }
  }
}
