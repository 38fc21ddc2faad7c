// The second of Winograd's three steps (src/kernels/winograd.ts): at each point, a product of matrices.
//
//   products[p, o, t] = Σ over i of tiles[p, i, t] · weight[p, i, o]
//
//   tiles      [points, in_vectors, tiles]        vec4: four input channels
//   weight     [points, in_padded, out_vectors]   vec4: four output channels
//   products   [points, out_vectors, tiles]       vec4: four output channels
//
// For adapters whose subgroups have a fixed size. A workgroup is one subgroup and computes, at one point, (3 · its size) tiles × 4
// vectors. Lanes are tiles: each loads its own three. Of the weights, which all need, each lane loads one vector in eight and
// hands it to the others, as in conv2d_subgroup.wgsl. A sum takes four multiply-adds in a row, so that it is fetched for them once:
// there are more sums than registers.

enable subgroups;
// A workgroup is one subgroup, so what differs between workgroups does not differ within a subgroup.
diagnostic(off, subgroup_uniformity);

// Stored is f32 or f16, as the kernel says; all is computed in f32.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> tiles: array<vec4f>;
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
const VECTORS = 4u;
const LOADS = 2u; // of the weights that a vector of the input meets, 4 rows of VECTORS: by 8 lanes, this many each

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
    at[t] = point * params.in_vectors * params.tiles + min(first_tile + t * SUBGROUP_SIZE, params.tiles - 1u);
  }
  var columns: array<u32, LOADS>;
  for (var l = 0u; l < LOADS; l++) {
    let place = l * 8u + lane % 8u;
    columns[l] = place / VECTORS * params.out_vectors + min(first_vector + place % VECTORS, params.out_vectors - 1u);
  }

  var sums: array<array<vec4f, VECTORS>, TILES>;
  var row = point * params.in_vectors * 4u * params.out_vectors;
  for (var i = 0u; i < params.in_vectors; i++) {
    var values: array<vec4f, TILES>;
    for (var t = 0u; t < TILES; t++) {
      values[t] = tiles[at[t]];
      at[t] += params.tiles;
    }
    var weights: array<vec4f, LOADS * 8u>;
    for (var l = 0u; l < LOADS; l++) {
      let loaded = vec4f(weight[row + columns[l]]);
      weights[l * 8u] = subgroupBroadcast(loaded, 0);
      weights[l * 8u + 1u] = subgroupBroadcast(loaded, 1);
      weights[l * 8u + 2u] = subgroupBroadcast(loaded, 2);
      weights[l * 8u + 3u] = subgroupBroadcast(loaded, 3);
      weights[l * 8u + 4u] = subgroupBroadcast(loaded, 4);
      weights[l * 8u + 5u] = subgroupBroadcast(loaded, 5);
      weights[l * 8u + 6u] = subgroupBroadcast(loaded, 6);
      weights[l * 8u + 7u] = subgroupBroadcast(loaded, 7);
    }
    for (var v = 0u; v < VECTORS; v++) {
      for (var t = 0u; t < TILES; t++) {
        for (var c = 0u; c < 4u; c++) {
          sums[t][v] = fma(vec4f(values[t][c]), weights[c * VECTORS + v], sums[t][v]);
        }
      }
    }
    row += 4u * params.out_vectors;
  }

  for (var t = 0u; t < TILES; t++) {
    let tile = first_tile + t * SUBGROUP_SIZE;
    for (var v = 0u; v < VECTORS; v++) {
      let vector = first_vector + v;
      if (tile < params.tiles && vector < params.out_vectors) {
        products[(point * params.out_vectors + vector) * params.tiles + tile] = sums[t][v];
      }
    }
  }
}
