// The second of Winograd's three steps (src/kernels/winograd.ts): at each point, a product of matrices.
//
//   products[p, o, t] = Σ over i of tiles[p, i, t] · weight[p, i, o]
//
//   tiles      [points, in_vectors, tiles, 4]     input channels, in fours
//   weight     [points, in_padded, out_vectors]   vec4: four output channels
//   products   [points, out_vectors, tiles]       vec4: four output channels
//
// For adapters whose subgroups have a fixed size. A workgroup is one subgroup and computes, at one point, (3 · its size) tiles × 8
// vectors. Lanes are tiles: each loads its own three. Of the weights, which all need, each lane loads one vector and hands it to the
// others, as in conv2d_subgroup.wgsl. One input channel at a time: four in a row would fetch each sum less often, but take more
// than twice the machine code, and time (bench/NOTES.md).

enable subgroups;
// A workgroup is one subgroup, so what differs between workgroups does not differ within a subgroup.
diagnostic(off, subgroup_uniformity);

// Stored is f32 or f16, as the kernel says; all is computed in f32.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> tiles: array<f32>;
@group(0) @binding(2) var<storage, read> weight: array<vec4<Stored>>;
@group(0) @binding(3) var<storage, read_write> products: array<vec4f>;

struct Params {
  tiles: u32,
  in_vectors: u32,
  out_vectors: u32,
  tile_groups: u32, // workgroups along the tiles
  vector_groups: u32, // workgroups along the output channels
}

override SUBGROUP_SIZE: u32;

const TILES = 3u;
const VECTORS = 8u;

@compute @workgroup_size(SUBGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let index = group.y * groups.x + group.x;
  let first_tile = index % params.tile_groups * SUBGROUP_SIZE * TILES + lane;
  let first_vector = index / params.tile_groups % params.vector_groups * VECTORS;
  let point = index / (params.tile_groups * params.vector_groups);

  // Past the last tile or vector it repeats that, and nothing is stored.
  var at: array<u32, TILES>;
  for (var t = 0u; t < TILES; t++) {
    at[t] = 4u * (point * params.in_vectors * params.tiles + min(first_tile + t * SUBGROUP_SIZE, params.tiles - 1u));
  }
  let channels = 4u * params.in_vectors;
  var row = point * channels * params.out_vectors + min(first_vector + lane % VECTORS, params.out_vectors - 1u);

  var sums: array<array<vec4f, VECTORS>, TILES>;
  var place = 0u; // of a channel, from a tile's first
  for (var channel = 0u; channel < channels; channel++) {
    var values: array<f32, TILES>;
    for (var t = 0u; t < TILES; t++) { values[t] = tiles[at[t] + place]; }
    let loaded = vec4f(weight[row]);
    let weights = array(
      subgroupBroadcast(loaded, 0),
      subgroupBroadcast(loaded, 1),
      subgroupBroadcast(loaded, 2),
      subgroupBroadcast(loaded, 3),
      subgroupBroadcast(loaded, 4),
      subgroupBroadcast(loaded, 5),
      subgroupBroadcast(loaded, 6),
      subgroupBroadcast(loaded, 7),
    );
    for (var t = 0u; t < TILES; t++) {
      for (var v = 0u; v < VECTORS; v++) { sums[t][v] = fma(vec4f(values[t]), weights[v], sums[t][v]); }
    }
    row += params.out_vectors;
    place += select(1u, 4u * params.tiles - 3u, channel % 4u == 3u);
  }

  // Stored in a loop whose number of turns no compiler knows, of copies, as in conv2d_subgroup.wgsl: it compiles faster.
  var results: array<vec4f, TILES * VECTORS>;
  for (var t = 0u; t < TILES; t++) {
    for (var v = 0u; v < VECTORS; v++) { results[t * VECTORS + v] = sums[t][v]; }
  }
  let vectors = min(VECTORS, params.out_vectors - first_vector);
  var t = 0u;
  var v = 0u;
  while (t < TILES && first_tile + t * SUBGROUP_SIZE < params.tiles) {
    let vector = point * params.out_vectors + first_vector + v;
    products[vector * params.tiles + first_tile + t * SUBGROUP_SIZE] = results[t * VECTORS + v];
    v++;
    if (v == vectors) { v = 0u; t++; }
  }
}
