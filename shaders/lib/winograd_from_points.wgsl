// Needs `Value`: f32 or vec4f.
//
// The outputs of a line from its products at the points of lib/winograd_to_points.wgsl. The rest of the array is not used.
fn from_points(m: array<Value, 6>) -> array<Value, 4> {
  if (OUTPUTS == 2u) {
    return array(m[1] + m[2], m[1] + m[0], Value(0), Value(0));
  }
  if (OUTPUTS == 3u) {
    let half_sum = m[0] + m[1];
    let far_sum = m[2] + m[3];
    return array(
      half_sum + far_sum,
      0.5 * (m[0] - m[1]) + 1.5 * (m[2] - m[3]),
      0.25 * half_sum + 2.25 * far_sum + m[4],
      Value(0),
    );
  }
  let half_sum = m[1] + m[2];
  let half_difference = m[1] - m[2];
  let far_sum = m[3] + m[4];
  let far_difference = m[3] - m[4];
  return array(
    m[0] + half_sum + far_sum,
    0.5 * half_difference + 1.5 * far_difference,
    0.25 * half_sum + 2.25 * far_sum,
    0.125 * half_difference + 3.375 * far_difference + m[5],
  );
}
