// winograd_input.wgsl for hardware GPUs: one invocation takes one channel of a tile, so that all its values are in registers, and
// neighbouring invocations have neighbouring channels.
//
//   input   [n, in_h, in_w, channels]          padded channels are zero
//   tiles   [POINTS, POINTS, tiles, channels]  from tile first_tile on: to_points along both axes of (OUTPUTS + 2)² pixels

#import "lib/first_output.wgsl"
#import "lib/invocations.wgsl"
#import "lib/winograd_to_points.wgsl"

alias Value = f32; // what an invocation transforms
alias Stored = f32; // the type in memory; a kernel may replace it by f16. All arithmetic is in f32.

const OUTPUTS = 4u; // outputs of a tile along an axis
const POINTS = 6u; // points along an axis
const LINE = OUTPUTS + 2u; // inputs of a tile along an axis

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<Stored>;
@group(0) @binding(2) var<storage, read_write> tiles: array<f32>;

struct Params {
  in_h: u32,
  in_w: u32,
  channels: u32, // with those that pad the last vector
  tiles_h: u32, // tiles of an image along its height
  tiles_w: u32, // tiles of an image along its width
  first_tile: u32, // tiles are counted image by image, and row by row
  count: u32, // tiles · channels
  dilation: u32,
  pad_top: u32,
  pad_left: u32,
}

fn compute(index: u32) {
  if (index >= params.count) { return; }
  let tile = params.first_tile + index / params.channels;
  let channel = index % params.channels;
  let row = tile / params.tiles_w;
  let image = row / params.tiles_h;
  // Coordinates before the map wrap round to large ones.
  let top = first_output(row - image * params.tiles_h) - params.pad_top;
  let left = first_output(tile - row * params.tiles_w) - params.pad_left;

  var lines: array<array<Value, 6>, LINE>;
  for (var y = 0u; y < LINE; y++) {
    let in_y = top + y * params.dilation;
    let line_at = ((image * params.in_h + in_y) * params.in_w + left) * params.channels + channel;
    var line = array<Value, 6>();
    for (var x = 0u; x < LINE; x++) {
      let inside = in_y < params.in_h && left + x * params.dilation < params.in_w;
      let at = line_at + x * params.dilation * params.channels;
      line[x] = select(0, f32(input[select(0u, at, inside)]), inside);
    }
    lines[y] = to_points(line);
  }
  for (var x = 0u; x < POINTS; x++) {
    var column = array<Value, 6>();
    for (var y = 0u; y < LINE; y++) { column[y] = lines[y][x]; }
    let values = to_points(column);
    for (var y = 0u; y < POINTS; y++) { tiles[(y * POINTS + x) * params.count + index] = values[y]; }
  }
}
