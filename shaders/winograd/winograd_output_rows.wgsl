// winograd_output.wgsl for hardware GPUs: one invocation computes one channel of a tile's outputs, so that all its values are in
// registers, and neighbouring invocations have neighbouring channels.
//
//   products   [POINTS, POINTS, tiles, channels]   of the tiles from first_tile on
//   bias       [channels], or [n, bias_pitch] for a bias per image; read if has_bias
//   residual   has the output's shape; read if has_residual
//   output     [n, out_h, out_w, out_pitch]        act(from_points along both axes + bias + residual), from out_offset on

#import "lib/activate.wgsl"
#import "lib/first_output.wgsl"
#import "lib/invocations.wgsl"
#import "lib/winograd_from_points.wgsl"

alias Value = f32; // what an invocation transforms
alias Stored = f32; // the type in memory; a kernel may replace it by f16. All arithmetic is in f32.

const OUTPUTS = 4u; // outputs of a tile along an axis
const POINTS = 6u; // points along an axis

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> products: array<f32>;
@group(0) @binding(2) var<storage, read_write> bias: array<Stored>;
@group(0) @binding(3) var<storage, read_write> residual: array<Stored>;
@group(0) @binding(4) var<storage, read_write> output: array<Stored>;

struct Params {
  out_h: u32,
  out_w: u32,
  channels: u32, // with those that pad the last vector
  out_pitch: u32, // channels of a pixel in `output`
  out_offset: u32, // the first of them that this op writes
  tiles_h: u32, // tiles of an image along its height
  tiles_w: u32, // tiles of an image along its width
  first_tile: u32, // tiles are counted image by image, and row by row
  count: u32, // tiles · channels
  dilation: u32,
  has_bias: u32,
  bias_pitch: u32, // channels from one image's bias to the next; 0: all images share one bias
  has_residual: u32,
  in_place: u32, // 1: the residual is what `output` holds before
  low: f32, // the activation clamps to low … high
  high: f32,
}

fn compute(index: u32) {
  if (index >= params.count) { return; }
  let tile = params.first_tile + index / params.channels;
  let channel = index % params.channels;
  let row = tile / params.tiles_w;
  let image = row / params.tiles_h;
  let top = first_output(row - image * params.tiles_h);
  let left = first_output(tile - row * params.tiles_w);

  var lines: array<array<Value, 4>, POINTS>;
  for (var y = 0u; y < POINTS; y++) {
    var line = array<Value, 6>();
    for (var x = 0u; x < POINTS; x++) { line[x] = products[(y * POINTS + x) * params.count + index]; }
    lines[y] = from_points(line);
  }
  var image_bias = 0f;
  if (params.has_bias != 0u) { image_bias = f32(bias[image * params.bias_pitch + channel]); }
  for (var x = 0u; x < OUTPUTS; x++) {
    let out_x = left + x * params.dilation;
    var column = array<Value, 6>();
    for (var y = 0u; y < POINTS; y++) { column[y] = lines[y][x]; }
    let values = from_points(column);
    for (var y = 0u; y < OUTPUTS; y++) {
      let out_y = top + y * params.dilation;
      if (out_x >= params.out_w || out_y >= params.out_h) { continue; }
      let at = ((image * params.out_h + out_y) * params.out_w + out_x) * params.out_pitch + params.out_offset + channel;
      var value = values[y] + image_bias;
      if (params.has_residual != 0u) { value += f32(residual[at]); }
      if (params.in_place != 0u) { value += f32(output[at]); }
      output[at] = Stored(activate(vec4f(value)).x);
    }
  }
}
