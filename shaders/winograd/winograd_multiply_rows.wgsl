// The products of winograd_multiply_tiled.wgsl, with the same buffers, for AMD's and Intel's GPUs: see lib/row_products.wgsl.
//
//   products[p, t, o] = Σ over i of tiles[p, t, i] · weight[p, i, o]
//
//   tiles      [points, tiles, in_vectors]           vec4: four input channels
//   weight     [points, in_vectors, 4, out_vectors]  vec4: four output channels
//   products   [points, tiles, out_vectors]           vec4: four output channels

#import "lib/row_products.wgsl"
#import "lib/winograd_multiply_params.wgsl"
#import "lib/workgroup_index.wgsl"

alias Stored = f32; // the type in memory; a kernel may replace it by f16. All arithmetic is in f32.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> tiles: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<array<vec4<Stored>, BLOCK>>;
@group(0) @binding(3) var<storage, read_write> products: array<vec4f>;

// Past the last tile it is any value, which no stored product takes.
fn load_row(first_tile: u32, tile: u32, vector: u32) -> vec4f {
  return tiles[(first_tile + tile) * params.in_vectors + vector];
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  // Workgroups with the same tiles run next to each other, so that they find the tiles in the cache.
  let index = workgroup_index(group, groups);
  let first_vector = (index % params.vector_groups * PARTS + part_of(lane)) * VECTORS;
  let first_tile = index / params.vector_groups % params.tile_groups * WORKGROUP_ROWS;
  let point = index / (params.vector_groups * params.tile_groups);

  let first_weight = (point * params.in_vectors * 4u * params.out_vectors + first_vector) / BLOCK;
  let sums = sums_of_rows(point * params.tiles + first_tile, first_weight, 0u, params.in_vectors, lane);
  for (var r = 0u; r < LANE_ROWS; r++) {
    let tile = first_tile + lane % PART_LANES * LANE_ROWS + r;
    if (tile >= params.tiles) { return; }
    let at = (point * params.tiles + tile) * params.out_vectors + first_vector;
    for (var v = 0u; v < VECTORS; v++) {
      if (first_vector + v < params.out_vectors) { products[at + v] = sums[r][v]; }
    }
  }
}
