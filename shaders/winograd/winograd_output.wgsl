// Winograd's convolution (src/kernels/winograd/winograd.ts), step 3: from the products at the points to the outputs of each tile.
//
//   products   [POINTS, POINTS, out_vectors, tiles]   of the tiles from first_tile on
//   bias       [out_vectors], or [n, bias_pitch] for a bias per image; read if has_bias
//   residual   has the output's shape; read if has_residual
//   output     [n, out_h, out_w, out_pitch]           act(from_points along both axes + bias + residual), from out_offset on
//
// One invocation computes one vector of a tile's outputs. A workgroup takes WORKGROUP_VECTORS vectors of
// WORKGROUP_TILES tiles, as in winograd_input.wgsl.

#import "lib/activate.wgsl"
#import "lib/first_output.wgsl"
#import "lib/winograd_from_points.wgsl"
#import "lib/workgroup_index.wgsl"

alias Value = vec4f; // what an invocation transforms
alias Stored = f32; // the type in memory; a kernel may replace it by f16. All arithmetic is in f32.

const OUTPUTS = 4u; // outputs of a tile along an axis
const POINTS = 6u; // points along an axis
const WORKGROUP_TILES = 8u;
const WORKGROUP_VECTORS = 8u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> products: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> bias: array<vec4<Stored>>;
@group(0) @binding(3) var<storage, read_write> residual: array<vec4<Stored>>;
@group(0) @binding(4) var<storage, read_write> output: array<vec4<Stored>>;

struct Params {
  out_h: u32,
  out_w: u32,
  out_vectors: u32,
  out_pitch: u32, // vectors of a pixel in `output`
  out_offset: u32, // the first of them that this op writes
  tiles_h: u32, // tiles of an image along its height
  tiles_w: u32, // tiles of an image along its width
  first_tile: u32, // tiles are counted image by image, and row by row
  tiles: u32,
  tile_groups: u32, // workgroups along the tiles
  points: u32, // POINTS, as a parameter, so that no compiler unrolls the loop over lines: that takes a second or two
  dilation: u32,
  has_bias: u32,
  bias_pitch: u32, // vectors from one image's bias to the next; 0: all images share one bias
  has_residual: u32,
  in_place: u32, // 1: the residual is what `output` holds before
  low: f32, // the activation clamps to low … high
  high: f32,
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

  var lines: array<array<Value, 4>, POINTS>;
  for (var y = 0u; y < params.points; y++) {
    var line = array<Value, 6>();
    for (var x = 0u; x < POINTS; x++) {
      line[x] = products[((y * POINTS + x) * params.out_vectors + vector) * params.tiles + tile];
    }
    lines[y] = from_points(line);
  }

  let row = (params.first_tile + tile) / params.tiles_w;
  let image = row / params.tiles_h;
  let top = first_output(row - image * params.tiles_h);
  let left = first_output(params.first_tile + tile - row * params.tiles_w);
  var image_bias = vec4f(0);
  if (params.has_bias != 0u) { image_bias = vec4f(bias[image * params.bias_pitch + vector]); }
  // The results are stored in a loop of their own, which is not unrolled either.
  var results: array<vec4f, OUTPUTS * OUTPUTS>;
  for (var x = 0u; x < OUTPUTS; x++) {
    var column = array<Value, 6>();
    for (var y = 0u; y < POINTS; y++) { column[y] = lines[y][x]; }
    let values = from_points(column);
    for (var y = 0u; y < OUTPUTS; y++) { results[y * OUTPUTS + x] = values[y]; }
  }
  let columns = min(OUTPUTS, (params.out_w - left + params.dilation - 1u) / params.dilation);
  var x = 0u;
  var y = 0u;
  while (y < OUTPUTS && top + y * params.dilation < params.out_h) {
    let out_row = image * params.out_h + top + y * params.dilation;
    let at = (out_row * params.out_w + left + x * params.dilation) * params.out_pitch + params.out_offset + vector;
    var value = results[y * OUTPUTS + x] + image_bias;
    if (params.has_residual != 0u) { value += vec4f(residual[at]); }
    if (params.in_place != 0u) { value += vec4f(output[at]); }
    output[at] = vec4<Stored>(activate(value));
    x++;
    if (x == columns) { x = 0u; y++; }
  }
}
