// The gradient of winograd_multiply.wgsl with respect to its weight (src/kernels/winograd.ts): at each point, a product of
// matrices whose sum runs over the tiles.
//
//   sums[p, i, o] = Σ over t of tiles[p, i, t] · gradients[p, o, t], added to what they were if `accumulate`
//
//   tiles       [points, in_vectors, tiles]        vec4: four input channels
//   gradients   [points, out_vectors, tiles]       vec4: four output channels
//   sums        [points, in_padded, out_vectors]   vec4: four output channels
//
// For adapters whose subgroups have a fixed size. A workgroup is one subgroup and computes, at one point, two vectors of input
// channels × (its size) vectors of output channels, in the way of conv2d_backward_weight_subgroup.wgsl.

enable subgroups;
// A workgroup is one subgroup, so what differs between workgroups does not differ within a subgroup.
diagnostic(off, subgroup_uniformity);

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> tiles: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> gradients: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> sums: array<vec4f>;

struct Params {
  tiles: u32,
  in_vectors: u32,
  out_vectors: u32,
  row_tiles: u32, // workgroups along the input channels
  column_tiles: u32, // workgroups along the output channels
  accumulate: u32,
}

override SUBGROUP_SIZE: u32;

const TILES = 4u; // of a round
const ROWS = 2u;

// The sums of four input channels, for four output channels each, with a round's tiles added.
fn add_round(sums: array<vec4f, 4>, inputs: array<vec4f, TILES>, outputs: array<vec4f, TILES>) -> array<vec4f, 4> {
  var result = sums;
  for (var c = 0u; c < 4u; c++) {
    for (var t = 0u; t < TILES; t++) { result[c] = fma(vec4f(inputs[t][c]), outputs[t], result[c]); }
  }
  return result;
}

@compute @workgroup_size(SUBGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let index = group.y * groups.x + group.x;
  let first_column = index % params.column_tiles * SUBGROUP_SIZE + lane;
  let first_row = index / params.column_tiles % params.row_tiles * ROWS;
  let point = index / (params.column_tiles * params.row_tiles);

  // Past the last vector a tile repeats it, and stores nothing.
  let column = min(first_column, params.out_vectors - 1u);
  let row = min(first_row + lane % 8u / TILES, params.in_vectors - 1u); // that this lane loads, of tile lane % TILES of a round
  var in_at = (point * params.in_vectors + row) * params.tiles + lane % TILES;
  var out_at = (point * params.out_vectors + column) * params.tiles;

  var added: array<array<vec4f, 4>, ROWS>;
  for (var tile = 0u; tile < params.tiles; tile += TILES) {
    var outputs: array<vec4f, TILES>;
    for (var t = 0u; t < TILES; t++) { outputs[t] = select(vec4f(0), gradients[out_at + t], tile + t < params.tiles); }
    let loaded = select(vec4f(0), tiles[in_at], tile + lane % TILES < params.tiles);
    let even = array(
      subgroupBroadcast(loaded, 0),
      subgroupBroadcast(loaded, 1),
      subgroupBroadcast(loaded, 2),
      subgroupBroadcast(loaded, 3),
    );
    added[0] = add_round(added[0], even, outputs);
    let odd = array(
      subgroupBroadcast(loaded, 4),
      subgroupBroadcast(loaded, 5),
      subgroupBroadcast(loaded, 6),
      subgroupBroadcast(loaded, 7),
    );
    added[1] = add_round(added[1], odd, outputs);
    in_at += TILES;
    out_at += TILES;
  }

  for (var r = 0u; r < ROWS; r++) {
    if (first_row + r < params.in_vectors && first_column < params.out_vectors) {
      for (var c = 0u; c < 4u; c++) {
        let at = ((point * params.in_vectors + first_row + r) * 4u + c) * params.out_vectors + first_column;
        var sum = added[r][c];
        if (params.accumulate != 0u) { sum += sums[at]; }
        sums[at] = sum;
      }
    }
  }
}
