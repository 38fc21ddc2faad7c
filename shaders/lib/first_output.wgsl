// The first output of a Winograd tile, along one axis. Tiles are counted phase by phase: the first tile of every phase,
// then the second tile of every phase that is long enough to have one, and so on.
fn first_output(tile: u32) -> u32 {
  return tile + tile / params.dilation * (OUTPUTS - 1u) * params.dilation;
}
