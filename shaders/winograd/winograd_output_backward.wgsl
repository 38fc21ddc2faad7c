// The transpose of winograd_output.wgsl, for the gradient of the weight (src/kernels/winograd/winograd.ts): the output's
// gradient over each tile, as values at the points.
//
//   output_gradient   [n, out_h, out_w, out_vectors]
//   gradients         [POINTS, POINTS, out_vectors, tiles]   from tile first_tile on: to_points along both axes of OUTPUTS² pixels
//
// One invocation transforms one vector of one tile. A workgroup takes WORKGROUP_VECTORS vectors of WORKGROUP_TILES
// tiles, as in winograd_input.wgsl.

#import "lib/first_output.wgsl"
#import "lib/workgroup_index.wgsl"

const OUTPUTS = 4u; // outputs of a tile along an axis
const POINTS = 6u; // points along an axis
const WORKGROUP_TILES = 8u;
const WORKGROUP_VECTORS = 8u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> output_gradient: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> gradients: array<vec4f>;

struct Params {
  out_h: u32,
  out_w: u32,
  out_vectors: u32,
  tiles_h: u32, // tiles of an image along its height
  tiles_w: u32, // tiles of an image along its width
  first_tile: u32, // tiles are counted image by image, and row by row
  tiles: u32,
  tile_groups: u32, // workgroups along the tiles
  lines: u32, // OUTPUTS, as a parameter, so that no compiler unrolls the loop over lines: that takes a second or two
  dilation: u32,
}

// The transpose of from_points in winograd_output.wgsl. The rest of the array is not used.
fn to_points(y: array<vec4f, 4>) -> array<vec4f, 6> {
  if (OUTPUTS == 2u) {
    return array(y[1], y[0] + y[1], y[0], vec4f(0), vec4f(0), vec4f(0));
  }
  let half_even = y[0] + 0.25 * y[2];
  let far_even = y[0] + 2.25 * y[2];
  if (OUTPUTS == 3u) {
    let half_odd = 0.5 * y[1];
    let far_odd = 1.5 * y[1];
    return array(half_even + half_odd, half_even - half_odd, far_even + far_odd, far_even - far_odd, y[2], vec4f(0));
  }
  let half_odd = 0.5 * y[1] + 0.125 * y[3];
  let far_odd = 1.5 * y[1] + 3.375 * y[3];
  return array(y[0], half_even + half_odd, half_even - half_odd, far_even + far_odd, far_even - far_odd, y[3]);
}

@compute @workgroup_size(WORKGROUP_TILES * WORKGROUP_VECTORS)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = workgroup_index(group, groups);
  let tile = index % params.tile_groups * WORKGROUP_TILES + lane % WORKGROUP_TILES;
  let vector = index / params.tile_groups * WORKGROUP_VECTORS + lane / WORKGROUP_TILES;
  if (tile >= params.tiles || vector >= params.out_vectors) { return; }

  let row = (params.first_tile + tile) / params.tiles_w;
  let image = row / params.tiles_h;
  let top = first_output(row - image * params.tiles_h);
  let left = first_output(params.first_tile + tile - row * params.tiles_w);

  var lines: array<array<vec4f, 6>, OUTPUTS>;
  for (var y = 0u; y < params.lines; y++) {
    var line = array<vec4f, 4>();
    for (var x = 0u; x < OUTPUTS; x++) {
      let out_y = top + y * params.dilation;
      let out_x = left + x * params.dilation;
      let inside = out_y < params.out_h && out_x < params.out_w;
      let at = ((image * params.out_h + out_y) * params.out_w + out_x) * params.out_vectors + vector;
      line[x] = select(vec4f(0), output_gradient[select(0u, at, inside)], inside);
    }
    lines[y] = to_points(line);
  }
  // The results are stored in a loop of their own, which is not unrolled either.
  var results: array<vec4f, POINTS * POINTS>;
  for (var x = 0u; x < POINTS; x++) {
    var column = array<vec4f, 4>();
    for (var y = 0u; y < OUTPUTS; y++) { column[y] = lines[y][x]; }
    let values = to_points(column);
    for (var y = 0u; y < POINTS; y++) { results[y * POINTS + x] = values[y]; }
  }
  let pitch = params.out_vectors * params.tiles;
  var point = 0u;
  for (var place = vector * params.tiles + tile; place < POINTS * POINTS * pitch; place += pitch) {
    gradients[place] = results[point];
    point++;
  }
}
