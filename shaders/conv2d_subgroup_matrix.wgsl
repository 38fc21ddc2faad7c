// The convolution of conv2d.wgsl, with the same buffers, by the matrix units of hardware GPUs. Inputs and weights are
// rounded to f16, products are added up in f32. This is an extension of Dawn:
// tint/extensions/experimental_subgroup_matrix.md.
//
// A workgroup computes WORKGROUP_PIXELS × WORKGROUP_CHANNELS. Each of its four subgroups computes a quarter of that, in
// matrices of MATRIX_M × MATRIX_N. The sum runs over taps and input channels. One step of the sum takes STEP_CHANNELS
// input channels at one tap: the operands of a step are in workgroup memory, while the next step's are loaded into
// registers. A row of taps that is outside the map for all pixels of a workgroup is skipped.

enable f16;
enable subgroups;
enable chromium_experimental_subgroup_matrix;
// The matrices that are loaded differ between subgroups, but not within a subgroup.
diagnostic(off, chromium.subgroup_matrix_uniformity);

#import "lib/activate.wgsl"
#import "lib/conv2d_params.wgsl"
#import "lib/load_input.wgsl"
#import "lib/store_output.wgsl"
#import "lib/workgroup_index.wgsl"

alias Stored = f32; // the type in memory; a kernel may replace it by f16

const SUBGROUP_SIZE = 32u;
// The matrices that the adapter multiplies: MATRIX_M × MATRIX_K by MATRIX_K × MATRIX_N.
const MATRIX_M = 16u;
const MATRIX_N = 16u;
const MATRIX_K = 16u;
alias Left = subgroup_matrix_left<f16, MATRIX_K, MATRIX_M>;
alias Right = subgroup_matrix_right<f16, MATRIX_N, MATRIX_K>;
alias Sums = subgroup_matrix_result<f32, MATRIX_N, MATRIX_M>;

const WORKGROUP_PIXELS = 64u;
const WORKGROUP_CHANNELS = 64u;
const STEP_CHANNELS = 32u;
const SUBGROUP_PIXELS = WORKGROUP_PIXELS / 2u;
const SUBGROUP_CHANNELS = WORKGROUP_CHANNELS / 2u;
const ROWS = SUBGROUP_PIXELS / MATRIX_M; // matrices of a subgroup
const COLUMNS = SUBGROUP_CHANNELS / MATRIX_N;
const LANES = 4u * SUBGROUP_SIZE;
const WORKGROUP_VECTORS = WORKGROUP_CHANNELS / 4u;
const STEP_VECTORS = STEP_CHANNELS / 4u;

// Vectors that each lane loads for a step.
const INPUT_LOADS = WORKGROUP_PIXELS * STEP_VECTORS / LANES;
const WEIGHT_LOADS = STEP_CHANNELS * WORKGROUP_VECTORS / LANES;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4<Stored>>;
@group(0) @binding(2) var<storage, read> weight: array<vec4<Stored>>;
@group(0) @binding(3) var<storage, read_write> bias: array<vec4<Stored>>;
@group(0) @binding(4) var<storage, read_write> residual: array<vec4<Stored>>;
@group(0) @binding(5) var<storage, read_write> output: array<vec4<Stored>>;

// Rows have 16 bytes more than their values need, so that the rows of a matrix lie in different banks.
const INPUT_PITCH = STEP_CHANNELS + 8u;
const WEIGHT_PITCH = WORKGROUP_CHANNELS + 8u;
var<workgroup> staged_input: array<f16, WORKGROUP_PIXELS * INPUT_PITCH>; // by pixel, then input channel
var<workgroup> staged_weight: array<f16, STEP_CHANNELS * WEIGHT_PITCH>; // by input channel, then output channel
var<workgroup> staged_sums: array<f32, 4u * MATRIX_M * MATRIX_N>; // one matrix of each subgroup

const OUTSIDE = 0x7fffffffu; // a coordinate larger than any map has

// An output: its image, its row and its column. Past the last output, the row is OUTSIDE.
struct Pixel {
  image: u32,
  y: u32,
  x: u32,
}

fn pixel_at(index: u32) -> Pixel {
  let row = index / params.out_w;
  let y = select(OUTSIDE, row % params.out_h, index < params.pixels);
  return Pixel(row / params.out_h, y, index % params.out_w);
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
  @builtin(subgroup_id) subgroup: u32,
  @builtin(subgroup_invocation_id) subgroup_lane: u32,
) {
  let tile = workgroup_index(group, groups);
  let first_pixel = tile % params.row_tiles * WORKGROUP_PIXELS;
  let first_vector = tile / params.row_tiles * WORKGROUP_VECTORS;
  if (first_vector >= params.out_vectors) { return; }

  // The rows of taps that are inside the map for at least one of these pixels, which may belong to several images.
  let first = pixel_at(first_pixel);
  let last = pixel_at(min(first_pixel + WORKGROUP_PIXELS, params.pixels) - 1u);
  let first_y = select(0u, first.y, first.image == last.image);
  let last_y = select(params.out_h - 1u, last.y, first.image == last.image);
  var first_ky = 0u;
  let bottom = last_y * params.stride;
  while (first_ky < params.k_h && i32(bottom + first_ky * params.dilation) < i32(params.pad_top)) { first_ky++; }
  var end_ky = params.k_h;
  let top = first_y * params.stride;
  while (end_ky > first_ky && top + (end_ky - 1u) * params.dilation >= params.in_h + params.pad_top) { end_ky--; }

  // The input pixels that this lane loads, at tap (0, 0). Coordinates before the map wrap round to large ones.
  var fetched_pixels: array<Pixel, INPUT_LOADS>;
  for (var l = 0u; l < INPUT_LOADS; l++) {
    let pixel = pixel_at(first_pixel + (lane + l * LANES) / STEP_VECTORS);
    let y = select(pixel.y * params.stride - params.pad_top, OUTSIDE, pixel.y == OUTSIDE);
    fetched_pixels[l] = Pixel(pixel.image, y, pixel.x * params.stride - params.pad_left);
  }

  let first_row = subgroup / 2u * SUBGROUP_PIXELS;
  let first_column = subgroup % 2u * SUBGROUP_CHANNELS;
  var sums: array<array<Sums, COLUMNS>, ROWS>;
  var fetched_input: array<vec4f, INPUT_LOADS>;
  var fetched_weight: array<vec4f, WEIGHT_LOADS>;
  let channels = params.in_vectors * 4u;
  let blocks = (channels + STEP_CHANNELS - 1u) / STEP_CHANNELS;
  let steps = (end_ky - first_ky) * params.k_w * blocks;
  var ky = first_ky;
  var kx = 0u;
  var block = 0u;
  for (var step = 0u; step <= steps; step++) {
    if (step < steps) {
      for (var l = 0u; l < INPUT_LOADS; l++) {
        let pixel = fetched_pixels[l];
        let vector = block * STEP_VECTORS + (lane + l * LANES) % STEP_VECTORS;
        let y = pixel.y + ky * params.dilation;
        fetched_input[l] = load_input(pixel.image, y, pixel.x + kx * params.dilation, vector);
      }
      // Past the last input channel the input is zero, and past the last output vector nothing is stored: any weight
      // will do.
      for (var l = 0u; l < WEIGHT_LOADS; l++) {
        let place = lane + l * LANES;
        let channel = min(block * STEP_CHANNELS + place / WORKGROUP_VECTORS, channels - 1u);
        let vector = min(first_vector + place % WORKGROUP_VECTORS, params.out_vectors - 1u);
        let row = (ky * params.k_w + kx) * channels + channel;
        fetched_weight[l] = vec4f(weight[row * params.out_vectors + vector]);
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
      for (var k = 0u; k < STEP_CHANNELS; k += MATRIX_K) {
        var right = array<Right, COLUMNS>();
        for (var c = 0u; c < COLUMNS; c++) {
          let at = k * WEIGHT_PITCH + first_column + c * MATRIX_N;
          right[c] = subgroupMatrixLoad<Right, row_major>(&staged_weight, at, WEIGHT_PITCH);
        }
        for (var r = 0u; r < ROWS; r++) {
          let at = (first_row + r * MATRIX_M) * INPUT_PITCH + k;
          let left = subgroupMatrixLoad<Left, row_major>(&staged_input, at, INPUT_PITCH);
          for (var c = 0u; c < COLUMNS; c++) {
            sums[r][c] = subgroupMatrixMultiplyAccumulate(left, right[c], sums[r][c]);
          }
        }
      }
    }
    workgroupBarrier();
    for (var l = 0u; l < INPUT_LOADS; l++) {
      let place = lane + l * LANES;
      let at = place / STEP_VECTORS * INPUT_PITCH + place % STEP_VECTORS * 4u;
      let rounded = vec4h(fetched_input[l]);
      for (var c = 0u; c < 4u; c++) { staged_input[at + c] = rounded[c]; }
    }
    for (var l = 0u; l < WEIGHT_LOADS; l++) {
      let place = lane + l * LANES;
      let at = place / WORKGROUP_VECTORS * WEIGHT_PITCH + place % WORKGROUP_VECTORS * 4u;
      let rounded = vec4h(fetched_weight[l]);
      for (var c = 0u; c < 4u; c++) { staged_weight[at + c] = rounded[c]; }
    }
    workgroupBarrier();
  }

  // One matrix at a time goes through workgroup memory, from which the lanes read whole vectors.
  let staged = subgroup * MATRIX_M * MATRIX_N;
  for (var r = 0u; r < ROWS; r++) {
    for (var c = 0u; c < COLUMNS; c++) {
      subgroupMatrixStore<row_major>(&staged_sums, staged, sums[r][c], MATRIX_N);
      workgroupBarrier();
      for (var place = subgroup_lane; place < MATRIX_M * MATRIX_N / 4u; place += SUBGROUP_SIZE) {
        let index = first_pixel + first_row + r * MATRIX_M + place / (MATRIX_N / 4u);
        let vector = first_vector + (first_column + c * MATRIX_N) / 4u + place % (MATRIX_N / 4u);
        if (index >= params.pixels || vector >= params.out_vectors) { continue; }
        let s = staged + place * 4u;
        let sum = vec4f(staged_sums[s], staged_sums[s + 1u], staged_sums[s + 2u], staged_sums[s + 3u]);
        let bias_at = index / (params.out_h * params.out_w) * params.bias_pitch + vector;
        store_output(sum, bias_at, index * params.out_pitch + params.out_offset + vector);
      }
      workgroupBarrier();
    }
  }
}
