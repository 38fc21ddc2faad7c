// The products of winograd_multiply.wgsl, with the same buffers, for GPUs with cores of their own: a workgroup's operands pass
// through its memory, as in conv2d_tiled.wgsl.
//
//   products[p, o, t] = Σ over i of tiles[p, i, t] · weight[p, i, o]
//
//   tiles      [points, in_vectors, tiles]        vec4: four input channels
//   weight     [points, in_padded, out_vectors]   vec4: four output channels
//   products   [points, out_vectors, tiles]       vec4: four output channels
//
// A workgroup computes, at one point, TILES × VECTORS products, an invocation 4 × 2 of them. Neighbours are tiles next to each other.

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

const LANES_X = 16u; // along the tiles
const LANES_Y = 8u; // along the output channels
const LANES = LANES_X * LANES_Y;
const TILE_ROWS = 4u;
const TILE_VECTORS = 2u;
const TILES = LANES_X * TILE_ROWS;
const VECTORS = LANES_Y * TILE_VECTORS;

// The sum runs over input channels, DEPTH vectors at a time: a step. What each lane fetches for one:
const DEPTH = 4u;
const TILE_LOADS = TILES * DEPTH / LANES;
const WEIGHT_LOADS = VECTORS * DEPTH * 4u / LANES;

var<workgroup> staged_tiles: array<vec4f, DEPTH * TILES>;
var<workgroup> staged_weight: array<vec4f, DEPTH * 4u * VECTORS>; // by input channel, then vector

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  // Those of the same tiles run next to each other, and find them in the cache.
  let index = group.y * groups.x + group.x;
  let first_vector = index % params.vector_groups * VECTORS;
  let first_tile = index / params.vector_groups % params.tile_groups * TILES;
  let point = index / (params.vector_groups * params.tile_groups);

  let row = lane % LANES_X;
  let column = lane / LANES_X;
  var sums: array<array<vec4f, TILE_VECTORS>, TILE_ROWS>;
  var fetched_tiles: array<vec4f, TILE_LOADS>;
  var fetched_weight: array<vec4f, WEIGHT_LOADS>;
  let steps = (params.in_vectors + DEPTH - 1u) / DEPTH;
  // While one step is multiplied out of workgroup memory, the next is on its way from the buffers into registers.
  for (var step = 0u; step <= steps; step++) {
    if (step < steps) {
      for (var l = 0u; l < TILE_LOADS; l++) {
        let place = lane + l * LANES;
        let vector = step * DEPTH + place / TILES;
        let inside = vector < params.in_vectors;
        let tile = min(first_tile + place % TILES, params.tiles - 1u);
        let at = (point * params.in_vectors + vector) * params.tiles + tile;
        fetched_tiles[l] = select(vec4f(0), tiles[select(0u, at, inside)], inside);
      }
      // Past the last channel the tiles are zero, past the last vector nothing is stored: any weight will do.
      let channels = params.in_vectors * 4u;
      for (var l = 0u; l < WEIGHT_LOADS; l++) {
        let place = lane + l * LANES;
        let channel = min(step * DEPTH * 4u + place / VECTORS, channels - 1u);
        let vector = min(first_vector + place % VECTORS, params.out_vectors - 1u);
        fetched_weight[l] = vec4f(weight[(point * channels + channel) * params.out_vectors + vector]);
      }
    }
    if (step > 0u) {
      for (var d = 0u; d < DEPTH; d++) {
        var values: array<vec4f, TILE_ROWS>;
        for (var r = 0u; r < TILE_ROWS; r++) { values[r] = staged_tiles[d * TILES + row + r * LANES_X]; }
        for (var c = 0u; c < 4u; c++) {
          for (var v = 0u; v < TILE_VECTORS; v++) {
            let w = staged_weight[(d * 4u + c) * VECTORS + column + v * LANES_Y];
            for (var r = 0u; r < TILE_ROWS; r++) { sums[r][v] = fma(vec4f(values[r][c]), w, sums[r][v]); }
          }
        }
      }
    }
    workgroupBarrier();
    for (var l = 0u; l < TILE_LOADS; l++) { staged_tiles[lane + l * LANES] = fetched_tiles[l]; }
    for (var l = 0u; l < WEIGHT_LOADS; l++) { staged_weight[lane + l * LANES] = fetched_weight[l]; }
    workgroupBarrier();
  }

  for (var v = 0u; v < TILE_VECTORS; v++) {
    let vector = first_vector + column + v * LANES_Y;
    for (var r = 0u; r < TILE_ROWS; r++) {
      let tile = first_tile + row + r * LANES_X;
      if (tile < params.tiles && vector < params.out_vectors) {
        products[(point * params.out_vectors + vector) * params.tiles + tile] = sums[r][v];
      }
    }
  }
}
