// Winograd's convolution (src/kernels/winograd/winograd.ts), step 2: a matrix product at each point.
//
//   products[p, o, t] = Σ over i of tiles[p, i, t] · weight[p, i, o]
//
//   tiles      [points, in_vectors, tiles, 4]     f32: input channels, in fours
//   weight     [points, in_padded, out_vectors]   vec4: four output channels
//   products   [points, out_vectors, tiles]       vec4: four output channels
//
// For adapters whose subgroups all have one size. A workgroup is one subgroup. It computes, at one point, (LANE_TILES ·
// SUBGROUP_SIZE) tiles × LANE_VECTORS vectors. Lanes are tiles: each lane loads its own. All lanes need the same
// weights: each of a few lanes loads one vector and hands it to the others, as in conv2d_subgroup.wgsl. The loop takes
// one input channel at a time: four in a row would fetch each sum less often, but would take more than twice the
// machine code, and time (bench/NOTES.md). The result is right for subgroups of every size from LOADERS on.

enable subgroups;
// A subgroup is a workgroup or a part of one, so a value that is uniform in the workgroup is uniform in the subgroup.
diagnostic(off, subgroup_uniformity);

#import "lib/from_loaders.wgsl"
#import "lib/winograd_multiply_params.wgsl"
#import "lib/workgroup_index.wgsl"

alias Stored = f32; // the type in memory; a kernel may replace it by f16. All arithmetic is in f32.

const LANE_TILES = 3u;
const LANE_VECTORS = 8u; // at most as many as there are loaders
const SUBGROUP_SIZE = 8u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> tiles: array<f32>;
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
  var at: array<u32, LANE_TILES>;
  for (var t = 0u; t < LANE_TILES; t++) {
    let tile = min(first_tile + t * SUBGROUP_SIZE, params.tiles - 1u);
    at[t] = 4u * (point * params.in_vectors * params.tiles + tile);
  }
  let channels = 4u * params.in_vectors;
  let vector = min(first_vector + loader % LANE_VECTORS, params.out_vectors - 1u); // the vector that this lane loads
  var row = point * channels * params.out_vectors + vector;

  var sums: array<array<vec4f, LANE_VECTORS>, LANE_TILES>;
  var place = 0u; // distance of the channel's value from the tile's first value
  for (var channel = 0u; channel < channels; channel++) {
    var values = array<f32, LANE_TILES>();
    for (var t = 0u; t < LANE_TILES; t++) { values[t] = tiles[at[t] + place]; }
    let weights = from_loaders(vec4f(weight[row]));
    for (var t = 0u; t < LANE_TILES; t++) {
      for (var v = 0u; v < LANE_VECTORS; v++) { sums[t][v] = fma(vec4f(values[t]), weights[v], sums[t][v]); }
    }
    row += params.out_vectors;
    place += select(1u, 4u * params.tiles - 3u, channel % 4u == 3u);
  }

  // Copies are stored in a loop that no compiler can unroll, as in conv2d_subgroup.wgsl: this compiles faster.
  var results: array<vec4f, LANE_TILES * LANE_VECTORS>;
  for (var t = 0u; t < LANE_TILES; t++) {
    for (var v = 0u; v < LANE_VECTORS; v++) { results[t * LANE_VECTORS + v] = sums[t][v]; }
  }
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
