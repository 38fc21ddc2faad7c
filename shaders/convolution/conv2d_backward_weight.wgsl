// The gradient of conv2d.wgsl by its weight: a GEMM for each tap, whose sum runs over the output pixels.
//
//   input             [n, in_h, in_w, in_vectors]      vec4: the convolution's input
//   output_gradient   [n, out_h, out_w, out_vectors]   vec4: the gradient of its output
//   partials          [splits, out_vectors, 4, in_vectors, 4, taps]   PyTorch's layout; see conv2d_reduce_weight.wgsl
//
// One invocation keeps a register tile of LANE_IN_VECTORS vectors of input channels × LANE_OUT_VECTORS vectors of
// output channels. A workgroup is LANES_X tiles along the output channels, by LANES_Y along the input channels, by
// LANES_SPLIT splits, for one tap. Only the pixels whose tap is inside the map are visited. Each split takes a share of
// these pixels, so that there is enough work for the GPU where there are few tiles.

#import "lib/conv2d_backward_weight_params.wgsl"
#import "lib/reaching_outputs.wgsl"
#import "lib/workgroup_index.wgsl"

const LANE_IN_VECTORS = 2u;
const LANE_OUT_VECTORS = 4u;
const LANES_X = 8u; // along the output channels
const LANES_Y = 4u; // along the input channels
const LANES_SPLIT = 1u; // on the workgroup's y axis beside LANES_Y: with a z axis, lavapipe is a quarter slower

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> output_gradient: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> partials: array<f32>;

@compute @workgroup_size(LANES_X, LANES_Y * LANES_SPLIT)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) lane: vec3u,
) {
  let tile = workgroup_index(group, groups);
  let first_column = tile % params.column_tiles * LANES_X * LANE_OUT_VECTORS + lane.x;
  let first_row = (tile / params.column_tiles % params.row_tiles * LANES_Y + lane.y % LANES_Y) * LANE_IN_VECTORS;
  let tap_and_splits = tile / (params.column_tiles * params.row_tiles);
  let taps = params.k_h * params.k_w;
  let tap = tap_and_splits % taps;
  let split = tap_and_splits / taps * LANES_SPLIT + lane.y / LANES_Y;
  if (split >= params.splits) { return; }

  // Past the last vector the tile repeats the last one, and stores nothing.
  var rows: array<u32, LANE_IN_VECTORS>;
  for (var r = 0u; r < LANE_IN_VECTORS; r++) { rows[r] = min(first_row + r, params.in_vectors - 1u); }
  var columns: array<u32, LANE_OUT_VECTORS>;
  for (var v = 0u; v < LANE_OUT_VECTORS; v++) {
    columns[v] = min(first_column + v * LANES_X, params.out_vectors - 1u);
  }

  let ky = tap / params.k_w;
  let kx = tap % params.k_w;
  let ys = reaching_outputs(ky, params.pad_top, params.in_h, params.out_h);
  let xs = reaching_outputs(kx, params.pad_left, params.in_w, params.out_w);
  let pixels = params.batch * ys.count * xs.count;
  let share = (pixels + params.splits - 1u) / params.splits;
  let begin = min(split * share, pixels);
  let end = min(begin + share, pixels);

  var sums: array<array<vec4f, LANE_OUT_VECTORS>, LANE_IN_VECTORS * 4u>;
  var n = begin / xs.count / ys.count;
  var y = ys.first + begin / xs.count % ys.count;
  var x = xs.first + begin % xs.count;
  for (var pixel = begin; pixel < end; pixel++) {
    let in_y = y * params.stride + ky * params.dilation - params.pad_top;
    let in_x = x * params.stride + kx * params.dilation - params.pad_left;
    let in_at = ((n * params.in_h + in_y) * params.in_w + in_x) * params.in_vectors;
    let out_at = ((n * params.out_h + y) * params.out_w + x) * params.out_vectors;

    var gradients = array<vec4f, LANE_OUT_VECTORS>();
    for (var v = 0u; v < LANE_OUT_VECTORS; v++) { gradients[v] = output_gradient[out_at + columns[v]]; }
    for (var r = 0u; r < LANE_IN_VECTORS; r++) {
      let value = input[in_at + rows[r]];
      for (var c = 0u; c < 4u; c++) {
        for (var v = 0u; v < LANE_OUT_VECTORS; v++) {
          sums[r * 4u + c][v] = fma(vec4f(value[c]), gradients[v], sums[r * 4u + c][v]);
        }
      }
    }

    // The next pixel, without a division.
    x++;
    if (x == xs.first + xs.count) { x = xs.first; y++; }
    if (y == ys.first + ys.count) { y = ys.first; n++; }
  }

  // The sums move up, and the first one is stored: so the store is compiled once, and no index is known only at run
  // time, which would keep the sums out of registers.
  let end_row = min(first_row + LANE_IN_VECTORS, params.in_vectors);
  let end_column = min(first_column + LANES_X * LANE_OUT_VECTORS, params.out_vectors);
  for (var row = first_row; row < end_row; row++) {
    for (var column = first_column; column < end_column; column += LANES_X) {
      for (var o = 0u; o < 4u; o++) {
        let out_channel = (split * params.out_vectors + column) * 4u + o;
        for (var c = 0u; c < 4u; c++) {
          let channel = (out_channel * params.in_vectors + row) * 4u + c;
          partials[channel * taps + tap] = sums[c][0][o];
        }
      }
      for (var v = 1u; v < LANE_OUT_VECTORS; v++) {
        for (var c = 0u; c < 4u; c++) { sums[c][v - 1u] = sums[c][v]; }
      }
    }
    for (var r = 4u; r < 4u * LANE_IN_VECTORS; r++) { sums[r - 4u] = sums[r]; }
  }
}
