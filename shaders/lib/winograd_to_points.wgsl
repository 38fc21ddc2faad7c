// Needs `Value`: f32 or vec4f.
//
// The values of a line of inputs at the points 0, ½, −½, 3/2, −3/2 and ∞ (for 4 outputs), or at all of these but 0 (for
// 3 outputs). For 2 outputs the first and the last input are always padding, and this is Karatsuba's form. The rest of
// the array is not used.
fn to_points(d: array<Value, 6>) -> array<Value, 6> {
  if (OUTPUTS == 2u) {
    return array(d[1], d[1] + d[2], d[2], Value(0), Value(0), Value(0));
  }
  if (OUTPUTS == 3u) {
    let half_even = 8.0 * d[3] - 18.0 * d[1];
    let half_odd = 4.0 * d[2] - 9.0 * d[0];
    let far_even = 8.0 * d[3] - 2.0 * d[1];
    let far_odd = 12.0 * d[2] - 3.0 * d[0];
    let infinite = 16.0 * d[4] - 40.0 * d[2] + 9.0 * d[0];
    let zero = Value(0);
    return array(half_even + half_odd, half_even - half_odd, far_even + far_odd, far_even - far_odd, infinite, zero);
  }
  let zero = 16.0 * d[4] - 40.0 * d[2] + 9.0 * d[0];
  let half_even = 8.0 * d[4] - 18.0 * d[2];
  let half_odd = 4.0 * d[3] - 9.0 * d[1];
  let far_even = 8.0 * d[4] - 2.0 * d[2];
  let far_odd = 12.0 * d[3] - 3.0 * d[1];
  let infinite = 16.0 * d[5] - 40.0 * d[3] + 9.0 * d[1];
  return array(zero, half_even + half_odd, half_even - half_odd, far_even + far_odd, far_even - far_odd, infinite);
}
