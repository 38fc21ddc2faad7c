// The parameters of winograd_multiply.wgsl and winograd_multiply_tiled.wgsl.
struct Params {
  tiles: u32,
  in_vectors: u32,
  out_vectors: u32,
  tile_groups: u32, // workgroups along the tiles
  vector_groups: u32, // workgroups along the output channels
}
