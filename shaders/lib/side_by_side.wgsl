// The sums of an invocation, in an array whose index may be known only at run time: such an index would keep `sums` out of registers.
// So one loop stores them of which no compiler knows the number of turns. Unrolled, that loop would take most of the shader's compile
// time. Needs LANE_ROWS and LANE_VECTORS.
fn side_by_side(sums: array<array<vec4f, LANE_VECTORS>, LANE_ROWS>) -> array<vec4f, LANE_ROWS * LANE_VECTORS> {
  var results: array<vec4f, LANE_ROWS * LANE_VECTORS>;
  for (var r = 0u; r < LANE_ROWS; r++) {
    for (var v = 0u; v < LANE_VECTORS; v++) { results[r * LANE_VECTORS + v] = sums[r][v]; }
  }
  return results;
}
