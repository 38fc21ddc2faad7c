// The convolution of conv2d.wgsl as a matrix product whose rows are output pixels, for AMD's and Intel's GPUs: see
// lib/row_products.wgsl.
//
//   input    [n, in_h, in_w, in_vectors]              vec4: four channels; padded channels are zero
//   weight   [k_h, k_w, in_vectors, 4, out_vectors]   vec4: four output channels; see fold_batch_norm.wgsl
//   bias     [out_vectors], or [n, bias_pitch] for a bias per image; read if has_bias
//   residual has the output's shape; read if has_residual
//   output   [n, out_h, out_w, out_pitch]             this op writes out_vectors from out_offset on, if splits is 1
//   partials [splits, n, out_h, out_w, out_vectors]   written if splits is more than 1; conv2d_merge.wgsl adds them up
//
// The sum runs over the taps and the input channels of each. Taps outside the map load zeros.

#import "lib/activate.wgsl"
#import "lib/row_products.wgsl"
#import "lib/workgroup_index.wgsl"

alias Stored = f32; // the type in memory; a kernel may replace it by f16. All arithmetic is in f32.

const POINTWISE = 0u; // 1: 1×1 at stride 1 without padding, so that a row is an input pixel

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4<Stored>>;
@group(0) @binding(2) var<storage, read> weight: array<array<vec4<Stored>, BLOCK>>;
@group(0) @binding(3) var<storage, read_write> bias: array<vec4<Stored>>;
@group(0) @binding(4) var<storage, read_write> residual: array<vec4<Stored>>;
@group(0) @binding(5) var<storage, read_write> output: array<vec4<Stored>>;
@group(0) @binding(6) var<storage, read_write> partials: array<vec4f>;

struct Params {
  in_h: u32,
  in_w: u32,
  in_vectors: u32,
  out_h: u32,
  out_w: u32,
  out_vectors: u32,
  out_pitch: u32, // vectors of a pixel in `output`
  out_offset: u32, // the first of them that this op writes
  pixels: u32, // n · out_h · out_w
  sum_vectors: u32, // k_h · k_w · in_vectors
  row_tiles: u32, // workgroups along the pixels
  column_tiles: u32, // workgroups along the output channels
  splits: u32, // workgroups along the sum
  k_w: u32,
  stride: u32,
  dilation: u32,
  pad_top: u32,
  pad_left: u32,
  has_bias: u32,
  bias_pitch: u32, // vectors from one image's bias to the next; 0: all images share one bias
  has_residual: u32,
  in_place: u32, // 1: the residual is what `output` holds before
  low: f32, // the activation clamps to low … high
  high: f32,
}

// Where the window of each of the workgroup's pixels starts: the index of its vector in `input`, and its row and its column, in 16
// bits each. They may lie before the map.
var<workgroup> corners: array<vec2u, select(WORKGROUP_ROWS, 1u, POINTWISE == 1u)>;

const OUTSIDE = 0x7fffu; // a row that no map has

fn corner_of(pixel: u32) -> vec2u {
  let row = pixel / params.out_w;
  let image = row / params.out_h;
  let y = (row - image * params.out_h) * params.stride - params.pad_top;
  let x = (pixel - row * params.out_w) * params.stride - params.pad_left;
  let at = ((image * params.in_h + y) * params.in_w + x) * params.in_vectors;
  return vec2u(at, (select(y, OUTSIDE, pixel >= params.pixels) << 16u) | (x & 0xffffu));
}

// A vector of a pixel's window, tap by tap; zeros where the tap is outside the map.
fn load_row(first_pixel: u32, pixel: u32, vector: u32) -> vec4f {
  if (POINTWISE == 1u) { return vec4f(input[(first_pixel + pixel) * params.in_vectors + vector]); }
  let tap = vector / params.in_vectors;
  let ky = tap / params.k_w;
  let down = ky * params.dilation;
  let right = (tap - ky * params.k_w) * params.dilation;
  let corner = corners[pixel % WORKGROUP_ROWS];
  // Coordinates before the map are negative, and as unsigned ones larger than any map.
  let y = u32(i32(corner.y) >> 16u) + down;
  let x = u32(i32(corner.y << 16u) >> 16u) + right;
  let is_inside = y < params.in_h && x < params.in_w;
  let at = corner.x + (down * params.in_w + right - tap) * params.in_vectors + vector;
  return select(vec4f(0), vec4f(input[select(0u, at, is_inside)]), is_inside);
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  // Workgroups with the same pixels run next to each other, so that they find the pixels in the cache.
  let index = workgroup_index(group, groups);
  let first_vector = (index % params.column_tiles * PARTS + part_of(lane)) * VECTORS;
  let first_pixel = index / params.column_tiles % params.row_tiles * WORKGROUP_ROWS;
  let first_row = lane % PART_LANES * LANE_ROWS; // of the workgroup's
  let split = index / (params.column_tiles * params.row_tiles);
  if (split >= params.splits) { return; }

  let steps = (params.sum_vectors + STEP_VECTORS - 1u) / STEP_VECTORS;
  let first = steps * split / params.splits * STEP_VECTORS;
  let end = min(steps * (split + 1u) / params.splits * STEP_VECTORS, params.sum_vectors);
  if (POINTWISE == 0u) {
    for (var r = 0u; r < LANE_ROWS; r++) { corners[first_row + r] = corner_of(first_pixel + first_row + r); }
    workgroupBarrier();
  }
  var sums = sums_of_rows(first_pixel, first_vector / BLOCK, first, end, lane);

  // All that is added is loaded before any of it is used.
  for (var r = 0u; r < LANE_ROWS; r++) {
    let pixel = first_pixel + first_row + r;
    if (pixel >= params.pixels) { return; }
    if (params.splits > 1u) {
      let at = (split * params.pixels + pixel) * params.out_vectors + first_vector;
      for (var v = 0u; v < VECTORS; v++) {
        if (first_vector + v < params.out_vectors) { partials[at + v] = sums[r][v]; }
      }
      continue;
    }
    let at = pixel * params.out_pitch + params.out_offset + first_vector;
    if (params.has_bias != 0u) {
      let image = pixel / (params.out_h * params.out_w);
      for (var v = 0u; v < VECTORS; v++) {
        sums[r][v] += vec4f(bias[image * params.bias_pitch + first_vector + v]);
      }
    }
    if (params.has_residual != 0u) {
      for (var v = 0u; v < VECTORS; v++) { sums[r][v] += vec4f(residual[at + v]); }
    }
    if (params.in_place != 0u) {
      for (var v = 0u; v < VECTORS; v++) { sums[r][v] += vec4f(output[at + v]); }
    }
    for (var v = 0u; v < VECTORS; v++) {
      if (first_vector + v < params.out_vectors) { output[at + v] = vec4<Stored>(activate(sums[r][v])); }
    }
  }
}
