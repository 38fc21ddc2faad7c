// The convolution of conv2d.wgsl, with the same buffers, by the matrix units of hardware GPUs. Inputs and weights are
// rounded to f16, products are added up in f32. This is an extension of Dawn:
// tint/extensions/experimental_subgroup_matrix.md.
//
// A workgroup computes WORKGROUP_PIXELS × WORKGROUP_CHANNELS. Each of its four subgroups computes a quarter of that, in
// matrices of MATRIX_M × MATRIX_N. The sum runs over taps and input channels. One step of the sum takes STEP_CHANNELS
// input channels at one tap: the operands of a step are in workgroup memory, while the next step's are loaded into
// registers. A row of taps that is outside the map for all pixels of a workgroup is skipped.
//
// Workgroup memory has eight f16 of neighbouring input channels in each vec4u, for the inputs by pixel and for the weights
// by output channel. So a lane's part of a matrix is loaded 16 bytes at a time.

enable f16;
enable subgroups;
enable chromium_experimental_subgroup_matrix;
// The matrices that are loaded differ between subgroups, but not within a subgroup.
diagnostic(off, chromium.subgroup_matrix_uniformity);

#import "lib/activate.wgsl"
#import "lib/conv2d_params.wgsl"
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
const STEP_VECTORS = STEP_CHANNELS / 4u;
const STEP_OCTETS = STEP_CHANNELS / 8u;

// Loads of each lane for a step: input channels by eight of a pixel, and weights by 4 × 4 channels.
const INPUT_LOADS = WORKGROUP_PIXELS * STEP_CHANNELS / 8u / LANES;
const WEIGHT_LOADS = STEP_CHANNELS * WORKGROUP_CHANNELS / 16u / LANES;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4<Stored>>;
@group(0) @binding(2) var<storage, read> weight: array<vec4<Stored>>;
@group(0) @binding(3) var<storage, read_write> bias: array<vec4<Stored>>;
@group(0) @binding(4) var<storage, read_write> residual: array<vec4<Stored>>;
@group(0) @binding(5) var<storage, read_write> output: array<vec4<Stored>>;

// Rows have 16 bytes more than their values need, so that the rows of a matrix lie in different banks.
const PITCH = STEP_CHANNELS / 8u + 1u;
var<workgroup> staged_input: array<vec4u, WORKGROUP_PIXELS * PITCH>;
var<workgroup> staged_weight: array<vec4u, WORKGROUP_CHANNELS * PITCH>;

const OUTSIDE = 0x7fffffffu; // a coordinate larger than any map has

// The column, the row and the image of an output. Past the last output, the row is OUTSIDE.
fn pixel_at(index: u32) -> vec3u {
  let row = index / params.out_w;
  let y = select(OUTSIDE, row % params.out_h, index < params.pixels);
  return vec3u(index % params.out_w, y, row / params.out_h);
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
  let first_vector = tile / params.row_tiles * (WORKGROUP_CHANNELS / 4u);
  if (first_vector >= params.out_vectors) { return; }

  // The rows of taps that are inside the map for at least one of these pixels, which may belong to several images.
  let first = pixel_at(first_pixel);
  let last = pixel_at(min(first_pixel + WORKGROUP_PIXELS, params.pixels) - 1u);
  let first_y = select(0u, first.y, first.z == last.z);
  let last_y = select(params.out_h - 1u, last.y, first.z == last.z);
  var first_ky = 0u;
  let bottom = last_y * params.stride;
  while (first_ky < params.k_h && i32(bottom + first_ky * params.dilation) < i32(params.pad_top)) { first_ky++; }
  var end_ky = params.k_h;
  let top = first_y * params.stride;
  while (end_ky > first_ky && top + (end_ky - 1u) * params.dilation >= params.in_h + params.pad_top) { end_ky--; }

  // The loads of this lane: eight input channels of some pixels, here at tap (0, 0). Coordinates before the map wrap round to
  // large ones.
  let octet = lane % STEP_OCTETS;
  var columns: array<u32, INPUT_LOADS>;
  var rows: array<u32, INPUT_LOADS>;
  var input_at: array<u32, INPUT_LOADS>;
  for (var l = 0u; l < INPUT_LOADS; l++) {
    let pixel = pixel_at(first_pixel + (lane + l * LANES) / STEP_OCTETS);
    columns[l] = pixel.x * params.stride - params.pad_left;
    rows[l] = select(pixel.y * params.stride - params.pad_top, OUTSIDE, pixel.y == OUTSIDE);
    input_at[l] = ((pixel.z * params.in_h + rows[l]) * params.in_w + columns[l]) * params.in_vectors + octet * 2u;
  }
  // And the weights of four input channels for four output channels. Past the last of those nothing is stored: any weight
  // will do.
  let quad = lane % STEP_VECTORS;
  var weight_at: array<u32, WEIGHT_LOADS>;
  for (var l = 0u; l < WEIGHT_LOADS; l++) {
    weight_at[l] = min(first_vector + (lane + l * LANES) / STEP_VECTORS, params.out_vectors - 1u);
  }

  let first_row = subgroup / 2u * SUBGROUP_PIXELS;
  let first_column = subgroup % 2u * SUBGROUP_CHANNELS;
  var sums: array<array<Sums, COLUMNS>, ROWS>;
  var inputs: array<array<vec4<Stored>, 2>, INPUT_LOADS>;
  var inside: array<array<bool, 2>, INPUT_LOADS>;
  var weights: array<mat4x4<Stored>, WEIGHT_LOADS>; // by input channel, then output channel
  let blocks = (params.in_vectors + STEP_VECTORS - 1u) / STEP_VECTORS;
  let steps = (end_ky - first_ky) * params.k_w * blocks;
  var ky = first_ky;
  var kx = 0u;
  var block = 0u;
  for (var step = 0u; step <= steps; step++) {
    // The loads after the last step are not needed. A branch would make the loads wait for the products.
    let y = ky * params.dilation;
    let x = kx * params.dilation;
    let first_input = block * STEP_VECTORS;
    let input_offset = (y * params.in_w + x) * params.in_vectors + first_input;
    for (var l = 0u; l < INPUT_LOADS; l++) {
      let on_map = rows[l] + y < params.in_h && columns[l] + x < params.in_w;
      for (var half = 0u; half < 2u; half++) {
        inside[l][half] = on_map && first_input + octet * 2u + half < params.in_vectors;
        inputs[l][half] = input[input_at[l] + input_offset + half];
      }
    }
    // Past the last input channel the input is zero, so that any weight will do.
    let input_vector = (ky * params.k_w + kx) * params.in_vectors + min(first_input + quad, params.in_vectors - 1u);
    for (var l = 0u; l < WEIGHT_LOADS; l++) {
      let at = input_vector * 4u * params.out_vectors + weight_at[l];
      for (var r = 0u; r < 4u; r++) { weights[l][r] = weight[at + r * params.out_vectors]; }
    }
    block++;
    if (block == blocks) { block = 0u; kx++; }
    if (kx == params.k_w) { kx = 0u; ky++; }
    // In the first step, of the zeros with which workgroup memory begins.
    for (var k = 0u; k < STEP_CHANNELS; k += MATRIX_K) {
      var right = array<Right, COLUMNS>();
      for (var c = 0u; c < COLUMNS; c++) {
        let at = (first_column + c * MATRIX_N) * PITCH + k / 8u;
        right[c] = subgroupMatrixLoad<Right, col_major>(&staged_weight, at, PITCH);
      }
      for (var r = 0u; r < ROWS; r++) {
        let at = (first_row + r * MATRIX_M) * PITCH + k / 8u;
        let left = subgroupMatrixLoad<Left, row_major>(&staged_input, at, PITCH);
        for (var c = 0u; c < COLUMNS; c++) {
          sums[r][c] = subgroupMatrixMultiplyAccumulate(left, right[c], sums[r][c]);
        }
      }
    }
    workgroupBarrier();
    for (var l = 0u; l < INPUT_LOADS; l++) {
      let low = select(vec2u(), bitcast<vec2u>(vec4h(inputs[l][0])), inside[l][0]);
      let high = select(vec2u(), bitcast<vec2u>(vec4h(inputs[l][1])), inside[l][1]);
      staged_input[(lane + l * LANES) / STEP_OCTETS * PITCH + octet] = vec4u(low, high);
    }
    for (var l = 0u; l < WEIGHT_LOADS; l++) {
      let channels = transpose(weights[l]); // by output channel
      let at = (lane + l * LANES) / STEP_VECTORS * 4u * PITCH + quad / 2u;
      for (var c = 0u; c < 4u; c++) {
        let four = bitcast<vec2u>(vec4h(channels[c]));
        staged_weight[at + c * PITCH][quad % 2u * 2u] = four.x;
        staged_weight[at + c * PITCH][quad % 2u * 2u + 1u] = four.y;
      }
    }
    workgroupBarrier();
  }

  // One matrix at a time goes through workgroup memory, from which the lanes read whole vectors.
  let staged = subgroup * MATRIX_M * MATRIX_N / 4u;
  for (var r = 0u; r < ROWS; r++) {
    for (var c = 0u; c < COLUMNS; c++) {
      subgroupMatrixStore<row_major>(&staged_input, staged, sums[r][c], MATRIX_N / 4u);
      workgroupBarrier();
      for (var place = subgroup_lane; place < MATRIX_M * MATRIX_N / 4u; place += SUBGROUP_SIZE) {
        let index = first_pixel + first_row + r * MATRIX_M + place / (MATRIX_N / 4u);
        let vector = first_vector + (first_column + c * MATRIX_N) / 4u + place % (MATRIX_N / 4u);
        if (index >= params.pixels || vector >= params.out_vectors) { continue; }
        let sum = bitcast<vec4f>(staged_input[staged + place]);
        let bias_at = index / (params.out_h * params.out_w) * params.bias_pitch + vector;
        store_output(sum, bias_at, index * params.out_pitch + params.out_offset + vector);
      }
      workgroupBarrier();
    }
  }
}
