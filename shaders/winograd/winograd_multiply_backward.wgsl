// The gradient of winograd_multiply.wgsl by its weight (src/kernels/winograd/winograd.ts): a matrix product at each point, whose
// sum runs over the tiles.
//
//   sums[p, i, o] = Σ over t of tiles[p, i, t] · gradients[p, o, t], added to the sums before if `accumulate`
//
//   tiles       [points, in_vectors, tiles]        vec4: four input channels
//   gradients   [points, out_vectors, tiles]       vec4: four output channels
//   sums        [points, in_padded, out_vectors]   vec4: four output channels
//
// For adapters whose subgroups all have one size. A workgroup is one subgroup. It computes, at one point,
// LANE_IN_VECTORS vectors of input channels × SUBGROUP_SIZE vectors of output channels, in the same way as
// conv2d_backward_weight_subgroup.wgsl, and right for the same subgroups.

enable subgroups;
// A subgroup is a workgroup or a part of one, so a value that is uniform in the workgroup is uniform in the subgroup.
diagnostic(off, subgroup_uniformity);

#import "lib/from_loaders.wgsl"
#import "lib/side_by_side.wgsl"
#import "lib/workgroup_index.wgsl"

const LANE_IN_VECTORS = 8u; // at most as many as there are loaders
const LANE_ROWS = LANE_IN_VECTORS;
const LANE_VECTORS = 4u; // of a row: one for each channel of the vector of inputs
const SUBGROUP_SIZE = 8u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> tiles: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> gradients: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> sums: array<vec4f>;

// A kernel may read these through textures: see src/gpu/quirks/texture_reads.ts.
fn tiles_at(index: u32) -> vec4f { return vec4f(tiles[index]); }
fn gradients_at(index: u32) -> vec4f { return vec4f(gradients[index]); }

struct Params {
  tiles: u32,
  in_vectors: u32,
  out_vectors: u32,
  row_tiles: u32, // workgroups along the input channels
  column_tiles: u32, // workgroups along the output channels
  accumulate: u32, // 1: adds to what `sums` holds before
}

@compute @workgroup_size(SUBGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
  @builtin(subgroup_invocation_id) loader: u32,
) {
  let index = workgroup_index(group, groups);
  let first_column = index % params.column_tiles * SUBGROUP_SIZE + lane;
  let first_row = index / params.column_tiles % params.row_tiles * LANE_IN_VECTORS;
  let point = index / (params.column_tiles * params.row_tiles);

  // Past the last vector the lane repeats the last one, and stores nothing.
  let column = min(first_column, params.out_vectors - 1u);
  let row = min(first_row + loader % LANE_IN_VECTORS, params.in_vectors - 1u); // the vector that this lane loads
  let first_in = (point * params.in_vectors + row) * params.tiles;
  let first_out = (point * params.out_vectors + column) * params.tiles;

  var added: array<array<vec4f, LANE_VECTORS>, LANE_ROWS>;
  for (var tile = 0u; tile < params.tiles; tile++) {
    let gradient = gradients_at(first_out + tile);
    let inputs = from_loaders(tiles_at(first_in + tile));
    for (var r = 0u; r < LANE_IN_VECTORS; r++) {
      for (var c = 0u; c < 4u; c++) { added[r][c] = fma(vec4f(inputs[r][c]), gradient, added[r][c]); }
    }
  }

  if (first_column >= params.out_vectors) { return; }
  var results = side_by_side(added);
  let first_channel = (point * params.in_vectors + first_row) * 4u;
  let channels = 4u * min(LANE_IN_VECTORS, params.in_vectors - first_row);
  for (var c = 0u; c < channels; c++) {
    let at = (first_channel + c) * params.out_vectors + first_column;
    var sum = results[c];
    if (params.accumulate != 0u) { sum += sums[at]; }
    sums[at] = sum;
  }
}
