// The convolution of conv2d.wgsl, with the same buffers, by the matrix units that GPUs have beside their cores: inputs and weights
// are rounded to f16, products are added up in f32. Dawn's extension: tint/extensions/experimental_subgroup_matrix.md.
//
// A workgroup computes 64 pixels × 64 channels, each of its four subgroups a quarter of that in matrices of MATRIX_M × MATRIX_N.
// The sum runs over taps and, DEPTH at a time, input channels; of such a step the operands are put into workgroup memory, while
// those of the next are on their way into registers. A row of taps that is outside the map for all of a workgroup's pixels is skipped.

enable f16;
enable subgroups;
enable chromium_experimental_subgroup_matrix;
// Which matrices a subgroup loads differs between subgroups, but not within one.
diagnostic(off, chromium.subgroup_matrix_uniformity);

// Stored is f32 or f16, as the kernel says.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4<Stored>>;
@group(0) @binding(2) var<storage, read> weight: array<vec4<Stored>>;
@group(0) @binding(3) var<storage, read_write> bias: array<vec4<Stored>>;
@group(0) @binding(4) var<storage, read_write> residual: array<vec4<Stored>>;
@group(0) @binding(5) var<storage, read_write> output: array<vec4<Stored>>;

struct Params {
  in_h: u32,
  in_w: u32,
  in_vectors: u32,
  out_h: u32,
  out_w: u32,
  out_vectors: u32,
  out_pitch: u32,
  out_offset: u32,
  pixels: u32, // n · out_h · out_w
  row_tiles: u32, // workgroups along the pixels
  k_h: u32,
  k_w: u32,
  stride: u32,
  dilation: u32,
  pad_top: u32,
  pad_left: u32,
  has_bias: u32,
  bias_pitch: u32, // 0: one bias for all images
  has_residual: u32,
  in_place: u32, // the residual is what the output holds before
  low: f32, // the activation: values are clamped to low … high
  high: f32,
}

// SUBGROUP_SIZE, MATRIX_M (rows), MATRIX_N (columns) and MATRIX_K (what is summed) are set where the kernel is made.
alias Left = subgroup_matrix_left<f16, MATRIX_K, MATRIX_M>;
alias Right = subgroup_matrix_right<f16, MATRIX_N, MATRIX_K>;
alias Sums = subgroup_matrix_result<f32, MATRIX_N, MATRIX_M>;

const SIZE = 64u; // of a workgroup's tile, pixels and channels
const HALF = SIZE / 2u; // of a subgroup's
const ROWS = HALF / MATRIX_M;
const COLUMNS = HALF / MATRIX_N;
const LANES = 4u * SUBGROUP_SIZE;
const DEPTH = 32u; // input channels of a step

// Vectors that each lane fetches for a step.
const INPUT_LOADS = SIZE * DEPTH / 4u / LANES;
const WEIGHT_LOADS = DEPTH * SIZE / 4u / LANES;

// Rows are 16 bytes longer than what they hold, so that those of a matrix lie in different banks.
const INPUT_PITCH = DEPTH + 8u;
const WEIGHT_PITCH = SIZE + 8u;
var<workgroup> staged_input: array<f16, SIZE * INPUT_PITCH>; // by pixel, then input channel
var<workgroup> staged_weight: array<f16, DEPTH * WEIGHT_PITCH>; // by input channel, then output channel
var<workgroup> staged_sums: array<f32, 4u * MATRIX_M * MATRIX_N>; // a matrix of each subgroup

const OUTSIDE = 0x7fffffffu; // as a coordinate: more than any map has

// An output: its image, its row and its column; in row OUTSIDE past the last one.
struct Pixel {
  image: u32,
  y: u32,
  x: u32,
}

fn pixel_at(index: u32) -> Pixel {
  let row = index / params.out_w;
  return Pixel(row / params.out_h, select(OUTSIDE, row % params.out_h, index < params.pixels), index % params.out_w);
}

// Comparisons rather than clamp, so that NaN stays NaN.
fn activate(value: vec4f) -> vec4f {
  let raised = select(value, vec4f(params.low), value < vec4f(params.low));
  return select(raised, vec4f(params.high), raised > vec4f(params.high));
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
  @builtin(subgroup_id) subgroup: u32,
  @builtin(subgroup_invocation_id) subgroup_lane: u32,
) {
  let tile = group.y * groups.x + group.x;
  let first_pixel = tile % params.row_tiles * SIZE;
  let first_vector = tile / params.row_tiles * SIZE / 4u;
  if (first_vector >= params.out_vectors) { return; }

  // The taps that reach the map from any of the rows of these pixels, which may be those of several images.
  let first = pixel_at(first_pixel);
  let last = pixel_at(min(first_pixel + SIZE, params.pixels) - 1u);
  let first_y = select(0u, first.y, first.image == last.image);
  let last_y = select(params.out_h - 1u, last.y, first.image == last.image);
  var first_ky = 0u;
  while (first_ky < params.k_h && last_y * params.stride + first_ky * params.dilation < params.pad_top) { first_ky++; }
  var end_ky = params.k_h;
  while (end_ky > first_ky && first_y * params.stride + (end_ky - 1u) * params.dilation >= params.in_h + params.pad_top) { end_ky--; }

  // Where this lane fetches from: coordinates of the first tap, before the map wrapping round to large ones.
  var fetched_pixels: array<Pixel, INPUT_LOADS>;
  for (var l = 0u; l < INPUT_LOADS; l++) {
    let pixel = pixel_at(first_pixel + (lane + l * LANES) / (DEPTH / 4u));
    let y = select(pixel.y * params.stride - params.pad_top, OUTSIDE, pixel.y == OUTSIDE);
    fetched_pixels[l] = Pixel(pixel.image, y, pixel.x * params.stride - params.pad_left);
  }

  let first_row = subgroup / 2u * HALF;
  let first_column = subgroup % 2u * HALF;
  var sums: array<array<Sums, COLUMNS>, ROWS>;
  var fetched_input: array<vec4f, INPUT_LOADS>;
  var fetched_weight: array<vec4f, WEIGHT_LOADS>;
  let channels = params.in_vectors * 4u;
  let blocks = (channels + DEPTH - 1u) / DEPTH;
  let steps = (end_ky - first_ky) * params.k_w * blocks;
  var ky = first_ky;
  var kx = 0u;
  var block = 0u;
  for (var step = 0u; step <= steps; step++) {
    if (step < steps) {
      for (var l = 0u; l < INPUT_LOADS; l++) {
        let vector = (block * DEPTH) / 4u + (lane + l * LANES) % (DEPTH / 4u);
        let y = fetched_pixels[l].y + ky * params.dilation;
        let x = fetched_pixels[l].x + kx * params.dilation;
        let inside = y < params.in_h && x < params.in_w && vector < params.in_vectors;
        let at = ((fetched_pixels[l].image * params.in_h + y) * params.in_w + x) * params.in_vectors + vector;
        fetched_input[l] = select(vec4f(0), vec4f(input[select(0u, at, inside)]), inside);
      }
      // Past the last channel the input is zero, past the last vector nothing is stored: any weight will do.
      for (var l = 0u; l < WEIGHT_LOADS; l++) {
        let place = lane + l * LANES;
        let channel = min(block * DEPTH + place / (SIZE / 4u), channels - 1u);
        let vector = min(first_vector + place % (SIZE / 4u), params.out_vectors - 1u);
        fetched_weight[l] = vec4f(weight[((ky * params.k_w + kx) * channels + channel) * params.out_vectors + vector]);
      }
      block++;
      if (block == blocks) {
        block = 0u;
        kx++;
        if (kx == params.k_w) {
          kx = 0u;
          ky++;
        }
      }
    }
    if (step > 0u) {
      for (var k = 0u; k < DEPTH; k += MATRIX_K) {
        var right: array<Right, COLUMNS>;
        for (var c = 0u; c < COLUMNS; c++) {
          let at = k * WEIGHT_PITCH + first_column + c * MATRIX_N;
          right[c] = subgroupMatrixLoad<Right, row_major>(&staged_weight, at, WEIGHT_PITCH);
        }
        for (var r = 0u; r < ROWS; r++) {
          let at = (first_row + r * MATRIX_M) * INPUT_PITCH + k;
          let left = subgroupMatrixLoad<Left, row_major>(&staged_input, at, INPUT_PITCH);
          for (var c = 0u; c < COLUMNS; c++) { sums[r][c] = subgroupMatrixMultiplyAccumulate(left, right[c], sums[r][c]); }
        }
      }
    }
    workgroupBarrier();
    for (var l = 0u; l < INPUT_LOADS; l++) {
      let place = lane + l * LANES;
      let at = place / (DEPTH / 4u) * INPUT_PITCH + place % (DEPTH / 4u) * 4u;
      let rounded = vec4h(fetched_input[l]);
      for (var c = 0u; c < 4u; c++) { staged_input[at + c] = rounded[c]; }
    }
    for (var l = 0u; l < WEIGHT_LOADS; l++) {
      let place = lane + l * LANES;
      let at = place / (SIZE / 4u) * WEIGHT_PITCH + place % (SIZE / 4u) * 4u;
      let rounded = vec4h(fetched_weight[l]);
      for (var c = 0u; c < 4u; c++) { staged_weight[at + c] = rounded[c]; }
    }
    workgroupBarrier();
  }

  // A matrix at a time goes through memory, where its lanes find whole vectors.
  let staged = subgroup * MATRIX_M * MATRIX_N;
  for (var r = 0u; r < ROWS; r++) {
    for (var c = 0u; c < COLUMNS; c++) {
      subgroupMatrixStore<row_major>(&staged_sums, staged, sums[r][c], MATRIX_N);
      workgroupBarrier();
      for (var place = subgroup_lane; place < MATRIX_M * MATRIX_N / 4u; place += SUBGROUP_SIZE) {
        let index = first_pixel + first_row + r * MATRIX_M + place / (MATRIX_N / 4u);
        let vector = first_vector + (first_column + c * MATRIX_N) / 4u + place % (MATRIX_N / 4u);
        if (index >= params.pixels || vector >= params.out_vectors) { continue; }
        let at = index * params.out_pitch + params.out_offset + vector;
        let first_sum = staged + place * 4u;
        var value = vec4f(staged_sums[first_sum], staged_sums[first_sum + 1u], staged_sums[first_sum + 2u], staged_sums[first_sum + 3u]);
        if (params.has_bias != 0u) {
          value += vec4f(bias[index / (params.out_h * params.out_w) * params.bias_pitch + vector]);
        }
        if (params.has_residual != 0u) { value += vec4f(residual[at]); }
        if (params.in_place != 0u) { value += vec4f(output[at]); }
        output[at] = vec4<Stored>(activate(value));
      }
      workgroupBarrier();
    }
  }
}
