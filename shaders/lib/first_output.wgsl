// The first output, along one axis, of a Winograd tile. The tiles go round the phases: first the first tile of each
// phase, then the second tile of each phase that is long enough to have one, and so on.
fn first_output(tile: u32) -> u32 {
  return tile + tile / params.dilation * (OUTPUTS - 1u) * params.dilation;
}
