// Winograd's convolution (src/kernels/winograd/winograd.ts), step 1: the input of each tile, as values at the points.
//
//   input   [n, in_h, in_w, in_vectors]
//   tiles   [POINTS, POINTS, in_vectors, tiles]   from tile first_tile on: to_points along both axes of (OUTPUTS + 2)² pixels
//
// A tile is OUTPUTS × OUTPUTS outputs that are `dilation` apart. One invocation transforms one vector of one tile. A
// workgroup takes WORKGROUP_VECTORS vectors of WORKGROUP_TILES tiles, so that it reads and writes whole cache lines.

#import "lib/first_output.wgsl"
#import "lib/winograd_to_points.wgsl"
#import "lib/workgroup_index.wgsl"

alias Value = vec4f; // what an invocation transforms
alias Stored = f32; // the type in memory; a kernel may replace it by f16. All arithmetic is in f32.

const OUTPUTS = 4u; // outputs of a tile along an axis
const POINTS = 6u; // points along an axis
const LINE = OUTPUTS + 2u; // inputs of a tile along an axis
const WORKGROUP_TILES = 8u;
const WORKGROUP_VECTORS = 8u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4<Stored>>;
@group(0) @binding(2) var<storage, read_write> tiles: array<vec4f>;

struct Params {
  in_h: u32,
  in_w: u32,
  in_vectors: u32,
  tiles_h: u32, // tiles of an image along its height
  tiles_w: u32, // tiles of an image along its width
  first_tile: u32, // tiles are counted image by image, and row by row
  tiles: u32,
  tile_groups: u32, // workgroups along the tiles
  lines: u32, // LINE, as a parameter, so that no compiler unrolls the loop over lines: that takes a second or two
  dilation: u32,
  pad_top: u32,
  pad_left: u32,
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
  if (tile >= params.tiles || vector >= params.in_vectors) { return; }

  let row = (params.first_tile + tile) / params.tiles_w;
  let image = row / params.tiles_h;
  // Coordinates before the map wrap round to large ones.
  let top = first_output(row - image * params.tiles_h) - params.pad_top;
  let left = first_output(params.first_tile + tile - row * params.tiles_w) - params.pad_left;

  var lines: array<array<Value, 6>, LINE>;
  for (var y = 0u; y < params.lines; y++) {
    var line = array<Value, 6>();
    for (var x = 0u; x < LINE; x++) {
      let in_y = top + y * params.dilation;
      let in_x = left + x * params.dilation;
      let inside = in_y < params.in_h && in_x < params.in_w;
      let at = ((image * params.in_h + in_y) * params.in_w + in_x) * params.in_vectors + vector;
      line[x] = select(vec4f(0), vec4f(input[select(0u, at, inside)]), inside);
    }
    lines[y] = to_points(line);
  }
  // The results are stored in a loop of their own, which is not unrolled either.
  var results: array<vec4f, POINTS * POINTS>;
  for (var x = 0u; x < POINTS; x++) {
    var column = array<Value, 6>();
    for (var y = 0u; y < LINE; y++) { column[y] = lines[y][x]; }
    let values = to_points(column);
    for (var y = 0u; y < POINTS; y++) { results[y * POINTS + x] = values[y]; }
  }
  let pitch = params.in_vectors * params.tiles;
  var point = 0u;
  for (var place = vector * params.tiles + tile; place < POINTS * POINTS * pitch; place += pitch) {
    tiles[place] = results[point];
    point++;
  }
}
