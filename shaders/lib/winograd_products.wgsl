// The part that winograd_multiply.wgsl and winograd_multiply_texture.wgsl share: all but the sums themselves. Each declares `tiles` and
//
//   fn sums_of(first_tiles: array<u32, LANE_TILES>, first_weight: u32) -> Sums
//
// from the first vector of each of the lane's tiles, and the first vector of the weight that the lane loads.
//
// A workgroup is one subgroup. It computes, at one point, (LANE_TILES · SUBGROUP_SIZE) tiles × LANE_VECTORS vectors. Lanes are tiles:
// each lane loads its own. All lanes need the same weights: each of a few lanes loads one vector and hands it to the others, as in
// conv2d_subgroup.wgsl. The result is right for subgroups of every size from LOADERS on.

#import "lib/from_loaders.wgsl"
#import "lib/side_by_side.wgsl"
#import "lib/winograd_multiply_params.wgsl"
#import "lib/workgroup_index.wgsl"

alias Stored = f32; // the type in memory; a kernel may replace it by f16. All arithmetic is in f32.

const LANE_TILES = 3u;
const LANE_VECTORS = 8u; // at most as many as there are loaders
const LANE_ROWS = LANE_TILES;
const SUBGROUP_SIZE = 8u;

alias Sums = array<array<vec4f, LANE_VECTORS>, LANE_TILES>;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(2) var<storage, read> weight: array<vec4<Stored>>;
@group(0) @binding(3) var<storage, read_write> products: array<vec4f>;

@compute @workgroup_size(SUBGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
  @builtin(subgroup_invocation_id) loader: u32,
) {
  let index = workgroup_index(group, groups);
  let first_tile = index % params.tile_groups * SUBGROUP_SIZE * LANE_TILES + lane;
  let first_vector = index / params.tile_groups % params.vector_groups * LANE_VECTORS;
  let point = index / (params.tile_groups * params.vector_groups);

  // Past the last tile or vector the lane repeats the last one, and nothing is stored.
  var first_tiles: array<u32, LANE_TILES>;
  for (var t = 0u; t < LANE_TILES; t++) {
    let tile = min(first_tile + t * SUBGROUP_SIZE, params.tiles - 1u);
    first_tiles[t] = point * params.in_vectors * params.tiles + tile;
  }
  let vector = min(first_vector + loader % LANE_VECTORS, params.out_vectors - 1u); // the vector that this lane loads
  let first_weight = point * 4u * params.in_vectors * params.out_vectors + vector;

  var results = side_by_side(sums_of(first_tiles, first_weight));
  let vectors = min(LANE_VECTORS, params.out_vectors - first_vector);
  var t = 0u;
  var v = 0u;
  while (t < LANE_TILES && first_tile + t * SUBGROUP_SIZE < params.tiles) {
    let vector = point * params.out_vectors + first_vector + v;
    products[vector * params.tiles + first_tile + t * SUBGROUP_SIZE] = results[t * LANE_VECTORS + v];
    v++;
    if (v == vectors) { v = 0u; t++; }
  }
}
