// The gradient of winograd_multiply.wgsl with respect to its weight (src/kernels/winograd.ts): at each point, a product of
// matrices whose sum runs over the tiles.
//
//   sums[p, i, o] = Σ over t of tiles[p, i, t] · gradients[p, o, t], added to what they were if `accumulate`
//
//   tiles       [points, in_vectors, tiles]        vec4: four input channels
//   gradients   [points, out_vectors, tiles]       vec4: four output channels
//   sums        [points, in_padded, out_vectors]   vec4: four output channels
//
// For adapters whose subgroups have a fixed size. A workgroup is one subgroup and computes, at one point, TILE_ROWS vectors of
// input channels × (its size) vectors of output channels, in the way of conv2d_backward_weight_subgroup.wgsl.

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

@compute @workgroup_size(SUBGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let index = group.y * groups.x + group.x;
  let first_column = index % params.column_tiles * SUBGROUP_SIZE + lane;
  let first_row = index / params.column_tiles % params.row_tiles * TILE_ROWS;
  let point = index / (params.column_tiles * params.row_tiles);

  // Past the last vector a tile repeats it, and stores nothing.
  let column = min(first_column, params.out_vectors - 1u);
  let row = min(first_row + lane % TILE_ROWS, params.in_vectors - 1u); // that this lane loads
  let first_in = (point * params.in_vectors + row) * params.tiles;
  let first_out = (point * params.out_vectors + column) * params.tiles;

  var added: array<array<vec4f, 4>, TILE_ROWS>;
  for (var tile = 0u; tile < params.tiles; tile++) {
    let gradient = gradients[first_out + tile];
    let loaded = tiles[first_in + tile];
    let inputs = array(
      subgroupBroadcast(loaded, 0),
      subgroupBroadcast(loaded, 1),
      subgroupBroadcast(loaded, 2),
      subgroupBroadcast(loaded, 3),
      subgroupBroadcast(loaded, 4),
      subgroupBroadcast(loaded, 5),
      subgroupBroadcast(loaded, 6),
      subgroupBroadcast(loaded, 7),
    );
    for (var r = 0u; r < TILE_ROWS; r++) {
      for (var c = 0u; c < 4u; c++) { added[r][c] = fma(vec4f(inputs[r][c]), gradient, added[r][c]); }
    }
  }

  if (first_column >= params.out_vectors) { return; }
  // Stored in a loop whose number of turns no compiler knows, of copies, as in conv2d_subgroup.wgsl: it compiles faster.
  var results: array<vec4f, 4u * TILE_ROWS>;
  for (var r = 0u; r < TILE_ROWS; r++) {
    for (var c = 0u; c < 4u; c++) { results[4u * r + c] = added[r][c]; }
  }
  let first_channel = (point * params.in_vectors + first_row) * 4u;
  let channels = 4u * min(TILE_ROWS, params.in_vectors - first_row);
  for (var c = 0u; c < channels; c++) {
    let at = (first_channel + c) * params.out_vectors + first_column;
    var sum = results[c];
    if (params.accumulate != 0u) { sum += sums[at]; }
    sums[at] = sum;
  }
}
