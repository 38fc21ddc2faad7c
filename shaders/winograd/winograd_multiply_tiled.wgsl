// The products of winograd_multiply.wgsl for hardware GPUs: the operands of a workgroup pass through workgroup memory, as in
// conv2d_tiled.wgsl.
//
//   products[p, t, o] = Σ over i of tiles[p, t, i] · weight[p, i, o]
//
//   tiles      [points, tiles, in_vectors]        vec4: four input channels
//   weight     [points, in_padded, out_vectors]   vec4: four output channels
//   products   [points, tiles, out_vectors]       vec4: four output channels
//
// A workgroup computes, at one point, WORKGROUP_TILES × WORKGROUP_VECTORS products. An invocation computes LANE_TILES ×
// LANE_VECTORS of them. Neighbouring invocations have neighbouring output vectors. The sum runs over input channels. One step of
// the sum takes STEP_VECTORS vectors of them: while the workgroup multiplies one step out of workgroup memory, it loads
// the next step into registers.

#import "lib/winograd_multiply_params.wgsl"
#import "lib/workgroup_index.wgsl"

alias Stored = f32; // the type in memory; a kernel may replace it by f16. All arithmetic is in f32.

const LANES_X = 8u; // along the output channels
const LANES_Y = 16u; // along the tiles
const LANE_TILES = 4u;
const LANE_VECTORS = 2u;
const STEP_VECTORS = 4u;
const LANES = LANES_X * LANES_Y;
const WORKGROUP_TILES = LANES_Y * LANE_TILES;
const WORKGROUP_VECTORS = LANES_X * LANE_VECTORS;

// Vectors that each lane loads for a step.
const TILE_LOADS = WORKGROUP_TILES * STEP_VECTORS / LANES;
const WEIGHT_LOADS = WORKGROUP_VECTORS * STEP_VECTORS * 4u / LANES;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> tiles: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<vec4<Stored>>;
@group(0) @binding(3) var<storage, read_write> products: array<vec4f>;

// By input vector, then tile. The pitch has one more: lanes that load the vectors of one tile write to different banks.
const TILE_PITCH = WORKGROUP_TILES + 1u;
var<workgroup> staged_tiles: array<vec4f, STEP_VECTORS * TILE_PITCH>;
var<workgroup> staged_weight: array<vec4f, STEP_VECTORS * 4u * WORKGROUP_VECTORS>; // by input channel, then output vector

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  // Workgroups with the same tiles run next to each other, so that they find the tiles in the cache.
  let index = workgroup_index(group, groups);
  let first_vector = index % params.vector_groups * WORKGROUP_VECTORS;
  let first_tile = index / params.vector_groups % params.tile_groups * WORKGROUP_TILES;
  let point = index / (params.vector_groups * params.tile_groups);

  let row = lane / LANES_X;
  let column = lane % LANES_X;
  let channels = params.in_vectors * 4u;
  var sums: array<array<vec4f, LANE_VECTORS>, LANE_TILES>;
  var fetched_tiles: array<vec4f, TILE_LOADS>;
  var fetched_weight: array<vec4f, WEIGHT_LOADS>;
  let steps = (params.in_vectors + STEP_VECTORS - 1u) / STEP_VECTORS;
  // One step more than there are: the first one has nothing to multiply, and the last one loads what is not used.
  for (var step = 0u; step <= steps; step++) {
    // Loads go on while the workgroup multiplies what it has: nothing here waits for them. Past the last input channel, zeros are
    // stored for the tiles. There, and past the last output vector, any weight will do.
    for (var l = 0u; l < TILE_LOADS; l++) {
      let place = lane + l * LANES;
      let vector = min(step * STEP_VECTORS + place % STEP_VECTORS, params.in_vectors - 1u);
      let tile = min(first_tile + place / STEP_VECTORS, params.tiles - 1u);
      fetched_tiles[l] = tiles[(point * params.tiles + tile) * params.in_vectors + vector];
    }
    for (var l = 0u; l < WEIGHT_LOADS; l++) {
      let place = lane + l * LANES;
      let channel = min(step * STEP_VECTORS * 4u + place / WORKGROUP_VECTORS, channels - 1u);
      let vector = min(first_vector + place % WORKGROUP_VECTORS, params.out_vectors - 1u);
      fetched_weight[l] = vec4f(weight[(point * channels + channel) * params.out_vectors + vector]);
    }
    if (step > 0u) {
      for (var d = 0u; d < STEP_VECTORS; d++) {
        var values = array<vec4f, LANE_TILES>();
        for (var t = 0u; t < LANE_TILES; t++) { values[t] = staged_tiles[d * TILE_PITCH + row + t * LANES_Y]; }
        for (var c = 0u; c < 4u; c++) {
          for (var v = 0u; v < LANE_VECTORS; v++) {
            let w = staged_weight[(d * 4u + c) * WORKGROUP_VECTORS + column + v * LANES_X];
            for (var t = 0u; t < LANE_TILES; t++) { sums[t][v] = fma(vec4f(values[t][c]), w, sums[t][v]); }
          }
        }
      }
    }
    workgroupBarrier();
    for (var l = 0u; l < TILE_LOADS; l++) {
      let place = lane + l * LANES;
      let vector = step * STEP_VECTORS + place % STEP_VECTORS;
      let value = select(vec4f(0), fetched_tiles[l], vector < params.in_vectors);
      staged_tiles[place % STEP_VECTORS * TILE_PITCH + place / STEP_VECTORS] = value;
    }
    for (var l = 0u; l < WEIGHT_LOADS; l++) { staged_weight[lane + l * LANES] = fetched_weight[l]; }
    workgroupBarrier();
  }

  for (var t = 0u; t < LANE_TILES; t++) {
    let tile = first_tile + row + t * LANES_Y;
    for (var v = 0u; v < LANE_VECTORS; v++) {
      let vector = first_vector + column + v * LANES_X;
      if (tile < params.tiles && vector < params.out_vectors) {
        products[(point * params.tiles + tile) * params.out_vectors + vector] = sums[t][v];
      }
    }
  }
}
