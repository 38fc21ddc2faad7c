// The gradient of conv2d.wgsl with respect to its weight: for each tap a GEMM, whose sum runs over the output pixels.
//
//   input             [n, in_h, in_w, in_vectors]      vec4: the convolution's input
//   output_gradient   [n, out_h, out_w, out_vectors]   vec4: the gradient of its output
//   partials          [splits, out_vectors, 4, in_vectors, 4, taps]   laid as PyTorch lays the weight; see conv2d_reduce_weight.wgsl
//
// One invocation keeps a register tile of TILE_ROWS vectors of input channels × TILE_COLUMNS vectors of output channels; a
// workgroup is LANES_X tiles of columns by LANES_Y of rows by LANES_SPLIT splits, for one tap. Only the pixels whose tap falls
// inside the map are visited; each split has its share of them, so that there is work for all where tiles are few.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> output_gradient: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> partials: array<f32>;

struct Params {
  batch: u32,
  in_h: u32,
  in_w: u32,
  in_vectors: u32,
  out_h: u32,
  out_w: u32,
  out_vectors: u32,
  row_tiles: u32, // workgroups along the input channels
  column_tiles: u32, // workgroups along the output channels
  splits: u32,
  k_h: u32,
  k_w: u32,
  stride: u32,
  dilation: u32,
  pad_top: u32,
  pad_left: u32,
}

override LANES_X: u32;
override LANES_Y: u32;
override LANES_SPLIT: u32; // shares the workgroup's second axis: with a third, lavapipe is a quarter slower

// Output coordinates along one axis.
struct Span {
  first: u32,
  count: u32,
}

// Those whose tap, the k-th, falls inside the input.
fn reaching(k: u32, pad: u32, in_size: u32, out_size: u32) -> Span {
  let offset = k * params.dilation;
  let first = (max(pad, offset) - offset + params.stride - 1u) / params.stride;
  let end = min((max(in_size + pad, offset) - offset + params.stride - 1u) / params.stride, out_size);
  return Span(first, max(first, end) - first);
}

@compute @workgroup_size(LANES_X, LANES_Y * LANES_SPLIT)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) lane: vec3u,
) {
  let tile = group.y * groups.x + group.x;
  let first_column = tile % params.column_tiles * LANES_X * TILE_COLUMNS + lane.x;
  let first_row = (tile / params.column_tiles % params.row_tiles * LANES_Y + lane.y % LANES_Y) * TILE_ROWS;
  let tap_and_splits = tile / (params.column_tiles * params.row_tiles);
  let taps = params.k_h * params.k_w;
  let tap = tap_and_splits % taps;
  let split = tap_and_splits / taps * LANES_SPLIT + lane.y / LANES_Y;
  if (split >= params.splits) { return; }

  // Past the last vector a tile repeats it, and stores nothing.
  var rows: array<u32, TILE_ROWS>;
  for (var r = 0u; r < TILE_ROWS; r++) { rows[r] = min(first_row + r, params.in_vectors - 1u); }
  var columns: array<u32, TILE_COLUMNS>;
  for (var v = 0u; v < TILE_COLUMNS; v++) { columns[v] = min(first_column + v * LANES_X, params.out_vectors - 1u); }

  let ky = tap / params.k_w;
  let kx = tap % params.k_w;
  let ys = reaching(ky, params.pad_top, params.in_h, params.out_h);
  let xs = reaching(kx, params.pad_left, params.in_w, params.out_w);
  let pixels = params.batch * ys.count * xs.count;
  let share = (pixels + params.splits - 1u) / params.splits;
  let begin = min(split * share, pixels);
  let end = min(begin + share, pixels);

  var sums: array<array<vec4f, TILE_COLUMNS>, TILE_ROWS * 4u>;
  var n = begin / xs.count / ys.count;
  var y = ys.first + begin / xs.count % ys.count;
  var x = xs.first + begin % xs.count;
  for (var pixel = begin; pixel < end; pixel++) {
    let in_y = y * params.stride + ky * params.dilation - params.pad_top;
    let in_x = x * params.stride + kx * params.dilation - params.pad_left;
    let in_at = ((n * params.in_h + in_y) * params.in_w + in_x) * params.in_vectors;
    let out_at = ((n * params.out_h + y) * params.out_w + x) * params.out_vectors;

    var gradients: array<vec4f, TILE_COLUMNS>;
    for (var v = 0u; v < TILE_COLUMNS; v++) { gradients[v] = output_gradient[out_at + columns[v]]; }
    for (var r = 0u; r < TILE_ROWS; r++) {
      let value = input[in_at + rows[r]];
      for (var c = 0u; c < 4u; c++) {
        for (var v = 0u; v < TILE_COLUMNS; v++) {
          sums[r * 4u + c][v] = fma(vec4f(value[c]), gradients[v], sums[r * 4u + c][v]);
        }
      }
    }

    // The next pixel, without a division.
    x++;
    if (x == xs.first + xs.count) { x = xs.first; y++; }
    if (y == ys.first + ys.count) { y = ys.first; n++; }
  }

  for (var r = 0u; r < TILE_ROWS; r++) {
    for (var v = 0u; v < TILE_COLUMNS; v++) {
      let row = first_row + r;
      let column = first_column + v * LANES_X;
      if (row < params.in_vectors && column < params.out_vectors) {
        for (var o = 0u; o < 4u; o++) {
          let out_channel = (split * params.out_vectors + column) * 4u + o;
          for (var c = 0u; c < 4u; c++) {
            let channel = (out_channel * params.in_vectors + row) * 4u + c;
            partials[channel * taps + tap] = sums[r * 4u + c][v][o];
          }
        }
      }
    }
  }
}
