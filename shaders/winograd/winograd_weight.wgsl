// A 3×3 weight as values at Winograd's points (src/kernels/winograd/winograd.ts), for one of two convolutions:
//
//   the layer's               rows are its input channels, columns are its output channels
//   the input gradient's      rows are output channels, columns are input channels; the taps are reversed, and bias' is zero
//
// Batch norm is folded in as in fold_batch_norm.wgsl: weight' = weight · γ/√(σ² + ε), bias' = (bias − μ) · γ/√(σ² + ε) + β.
//
//   weight   [out_channels, in_channels, 3, 3], PyTorch's layout
//   gamma, beta, mean, variance   [out_channels], read if has_batch_norm
//   bias     [out_channels], read if has_bias
//   packed        [POINTS, POINTS, rows_padded, columns_padded]   to_points along both axes of weight'
//   packed_bias   [columns_padded]                                bias'
//
// One invocation computes one row and column at each point: of four columns, the values would not fit the registers of Intel's GPUs.
// The first columns_padded invocations also make one value of `packed_bias` each.

#import "lib/invocations.wgsl"

alias Stored = f32; // the type in memory; a kernel may replace it by f16. All arithmetic is in f32.

const OUTPUTS = 4u; // outputs of a tile along an axis
const POINTS = 6u; // points along an axis

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> weight: array<f32>;
@group(0) @binding(2) var<storage, read> gamma: array<f32>;
@group(0) @binding(3) var<storage, read> beta: array<f32>;
@group(0) @binding(4) var<storage, read> mean: array<f32>;
@group(0) @binding(5) var<storage, read> variance: array<f32>;
@group(0) @binding(6) var<storage, read> bias: array<f32>;
@group(0) @binding(7) var<storage, read_write> packed: array<Stored>;
@group(0) @binding(8) var<storage, read_write> packed_bias: array<Stored>;

struct Params {
  rows: u32,
  columns: u32,
  rows_padded: u32,
  columns_padded: u32,
  first: u32, // the first word of `weight` to read
  row_pitch: u32, // words from one row's taps to the next one's
  column_pitch: u32, // words from one column's taps to the next one's
  of_gradient: u32, // 1: for the input gradient's convolution
  has_batch_norm: u32,
  has_bias: u32,
  epsilon: f32,
}

// The values of three taps at the points of winograd_input.wgsl, divided by the divisors of the interpolation.
fn to_points(w: array<f32, 3>) -> array<f32, 6> {
  if (OUTPUTS == 2u) { return array(w[0] - w[1], w[1], w[2] - w[1], 0, 0, 0); }
  let half = w[0] + 0.25 * w[2];
  let far = w[0] + 2.25 * w[2];
  if (OUTPUTS == 3u) {
    return array(
      (half + 0.5 * w[1]) / -16.0,
      (half - 0.5 * w[1]) / 16.0,
      (far + 1.5 * w[1]) / 48.0,
      (far - 1.5 * w[1]) / -48.0,
      w[2] / 16.0,
      0,
    );
  }
  return array(
    w[0] / 9.0,
    (half + 0.5 * w[1]) / -8.0,
    (half - 0.5 * w[1]) / -8.0,
    (far + 1.5 * w[1]) / 72.0,
    (far - 1.5 * w[1]) / 72.0,
    w[2] / 16.0,
  );
}

fn compute(index: u32) {
  let count = params.rows_padded * params.columns_padded;
  if (index >= count) { return; }
  let of_gradient = params.of_gradient != 0u;

  // Past the last row or column it reads the last one, and writes zeros.
  let padded_row = index / params.columns_padded;
  let padded_column = index % params.columns_padded;
  let row = min(padded_row, params.rows - 1u);
  let column = min(padded_column, params.columns - 1u);
  let exists = padded_column < params.columns;

  var scale = 1.0;
  var shift = 0.0;
  if (params.has_bias != 0u) { shift = bias[column]; }
  if (params.has_batch_norm != 0u) {
    let channel = select(column, row, of_gradient);
    scale = gamma[channel] / sqrt(variance[channel] + params.epsilon);
    if (!of_gradient) { shift = (shift - mean[channel]) * scale + beta[channel]; }
  }
  if (padded_row == 0u) { packed_bias[index] = Stored(select(0, shift, exists)); }
  scale = select(0, scale, exists && padded_row < params.rows);

  let at = params.first + row * params.row_pitch + column * params.column_pitch;
  var lines: array<array<f32, 6>, 3>;
  for (var y = 0u; y < 3u; y++) {
    var taps = array<f32, 3>();
    for (var x = 0u; x < 3u; x++) {
      taps[x] = scale * weight[at + select(3u * y + x, 8u - (3u * y + x), of_gradient)];
    }
    lines[y] = to_points(taps);
  }
  for (var x = 0u; x < POINTS; x++) {
    let values = to_points(array(lines[0][x], lines[1][x], lines[2][x]));
    for (var y = 0u; y < POINTS; y++) { packed[(y * POINTS + x) * count + index] = Stored(values[y]); }
  }
}
