// The convolution of conv2d.wgsl for hardware GPUs: the operands of a workgroup pass through workgroup memory.
//
//   input    [n, in_h, in_w, in_vectors]              vec4: four channels; padded channels are zero
//   weight   [k_h, k_w, in_vectors, 4, out_vectors]   vec4: four output channels; see fold_batch_norm.wgsl
//   bias     [all_vectors], or [n, bias_pitch] for a bias per image; read if has_bias
//   residual has the output's shape; read if has_residual
//   output   [n, out_h, out_w, out_pitch]             this op writes all_vectors from out_offset on, if splits is 1
//   partials [splits, n, out_h, out_w, all_vectors]   written if splits is more than 1; conv2d_merge.wgsl adds them up
//   statistics [row_tiles, 2 · out_vectors + 1]       written if STATISTICS is 1: what batch_norm_merge.wgsl reads of each tile
//
// One dispatch may compute several branches, such as those of atrous spatial pyramid pooling: convolutions of the same input, each with
// its own window. They lie side by side in the output, and one after the other in the weight.
//
// A workgroup computes WORKGROUP_PIXELS × WORKGROUP_VECTORS outputs. An invocation computes LANE_PIXELS × LANE_VECTORS of them, which
// are LANES_Y and LANES_X apart, so that neighbouring invocations access neighbouring memory. The sum runs over taps and input
// channels. One step of it takes STEP_VECTORS vectors of input channels at one tap. While the workgroup multiplies one step out of
// workgroup memory, it loads the next step into registers.
//
// Pixels are taken region by region (lib/tap_regions.wgsl): all outputs of a workgroup have the same taps, and no tap that is in the
// padding is computed. Where the regions along an axis would leave too many tiles partly empty, the whole axis is one region, and taps
// outside the map load zeros.

#import "lib/activate.wgsl"
#import "lib/conv2d_tiled_params.wgsl"
#import "lib/store_output.wgsl"
#import "lib/tap_regions.wgsl"
#import "lib/workgroup_index.wgsl"

alias Stored = f32; // the type in memory; a kernel may replace it by f16. All arithmetic is in f32.

const LANE_PIXELS = 4u;
const LANE_VECTORS = 2u;
const LANES_X = 8u; // along the output channels
const LANES_Y = 16u; // along the pixels
const STATISTICS = 0u; // 1: also writes `statistics`
const STEP_VECTORS = 4u; // vectors of input channels of a step
const LANES = LANES_X * LANES_Y;
const WORKGROUP_PIXELS = LANES_Y * LANE_PIXELS;
const WORKGROUP_VECTORS = LANES_X * LANE_VECTORS;

// Vectors that each lane loads for a step.
const INPUT_LOADS = WORKGROUP_PIXELS * STEP_VECTORS / LANES;
const WEIGHT_LOADS = WORKGROUP_VECTORS * STEP_VECTORS * 4u / LANES;
const_assert INPUT_LOADS * LANES == WORKGROUP_PIXELS * STEP_VECTORS;
const_assert WEIGHT_LOADS * LANES == WORKGROUP_VECTORS * STEP_VECTORS * 4u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4<Stored>>;
@group(0) @binding(2) var<storage, read> weight: array<vec4<Stored>>;
@group(0) @binding(3) var<storage, read_write> bias: array<vec4<Stored>>;
@group(0) @binding(4) var<storage, read_write> residual: array<vec4<Stored>>;
@group(0) @binding(5) var<storage, read_write> output: array<vec4<Stored>>;
@group(0) @binding(6) var<storage, read_write> partials: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> statistics: array<vec4f>;

// By input vector, then pixel. The pitch has one more: lanes that load the vectors of one pixel write to different banks.
const INPUT_PITCH = WORKGROUP_PIXELS + 1u;
var<workgroup> staged_input: array<vec4f, STEP_VECTORS * INPUT_PITCH>;
// By input channel, then output vector. With STATISTICS it also takes one row of shares for each of LANES_Y.
var<workgroup> staged_weight: array<vec4f, STEP_VECTORS * 4u * WORKGROUP_VECTORS>;
const_assert STATISTICS == 0u || LANES_Y <= STEP_VECTORS * 4u;

// The sum of the shares that the first rows of lanes have put into a column of `staged_weight`.
fn sum_of_shares(column: u32, rows: u32) -> vec4f {
  var sum = vec4f(0);
  for (var r = 0u; r < rows; r++) { sum += staged_weight[r * WORKGROUP_VECTORS + column]; }
  return sum;
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  // Workgroups with the same pixels run next to each other, so that they find the pixels in the cache.
  let index = workgroup_index(group, groups);
  if (index >= params.column_tiles * params.row_tiles * params.splits) { return; }
  let first_vector = index % params.column_tiles * WORKGROUP_VECTORS;
  let split = index / (params.column_tiles * params.row_tiles);
  let region = region_of(index / params.column_tiles % params.row_tiles);
  let first_pixel = region.tile * WORKGROUP_PIXELS;

  // This split takes the steps first … end − 1 of the workgroup's sum.
  let first = steps_of(region) * split / params.splits;
  let end = steps_of(region) * (split + 1u) / params.splits;
  var step = step_at(region, first);

  // The input pixels that this lane loads, at tap (0, 0). Coordinates before the map wrap round to large ones.
  var fetched_pixels: array<Pixel, INPUT_LOADS>;
  for (var l = 0u; l < INPUT_LOADS; l++) {
    let pixel = pixel_at(region, first_pixel + (lane + l * LANES) / STEP_VECTORS);
    let y = select(pixel.y * params.stride - params.pad_top[region.branch], OUTSIDE, pixel.y == OUTSIDE);
    fetched_pixels[l] = Pixel(pixel.image, y, pixel.x * params.stride - params.pad_left[region.branch]);
  }

  let k_w = params.k_w[region.branch];
  let dilation = params.dilation[region.branch];
  let channels = params.in_vectors * 4u;
  let row = lane / LANES_X;
  let column = lane % LANES_X;
  var sums: array<array<vec4f, LANE_VECTORS>, LANE_PIXELS>;
  var fetched_input: array<vec4f, INPUT_LOADS>;
  var fetched_inside: array<bool, INPUT_LOADS>;
  var fetched_weight: array<vec4f, WEIGHT_LOADS>;
  // One step more than there are: the first one has nothing to multiply, and the last one loads what is not used.
  for (var s = first; s <= end; s++) {
    // Nothing here waits for these loads. Past the last output vector nothing is stored, and past the last input channel zeros are.
    for (var l = 0u; l < INPUT_LOADS; l++) {
      let pixel = fetched_pixels[l];
      let vector = step.block * STEP_VECTORS + lane % STEP_VECTORS;
      let y = pixel.y + step.ky * dilation;
      let x = pixel.x + step.kx * dilation;
      let at = ((pixel.image * params.in_h + y) * params.in_w + x) * params.in_vectors + vector;
      fetched_inside[l] = y < params.in_h && x < params.in_w && vector < params.in_vectors;
      fetched_input[l] = vec4f(input[select(0u, at, fetched_inside[l])]);
    }
    for (var l = 0u; l < WEIGHT_LOADS; l++) {
      let place = lane + l * LANES;
      let channel = min(step.block * STEP_VECTORS * 4u + place / WORKGROUP_VECTORS, channels - 1u);
      let vector = min(first_vector + place % WORKGROUP_VECTORS, params.out_vectors - 1u);
      let row = (step.ky * k_w + step.kx) * channels + channel;
      fetched_weight[l] = vec4f(weight[region.first_weight + row * params.out_vectors + vector]);
    }
    step = next_step(region, step);
    if (s > first) {
      for (var d = 0u; d < STEP_VECTORS; d++) {
        var values = array<vec4f, LANE_PIXELS>();
        for (var p = 0u; p < LANE_PIXELS; p++) { values[p] = staged_input[d * INPUT_PITCH + row + p * LANES_Y]; }
        for (var c = 0u; c < 4u; c++) {
          for (var v = 0u; v < LANE_VECTORS; v++) {
            let w = staged_weight[(d * 4u + c) * WORKGROUP_VECTORS + column + v * LANES_X];
            for (var p = 0u; p < LANE_PIXELS; p++) { sums[p][v] = fma(vec4f(values[p][c]), w, sums[p][v]); }
          }
        }
      }
    }
    workgroupBarrier();
    for (var l = 0u; l < INPUT_LOADS; l++) {
      let place = lane + l * LANES;
      let value = select(vec4f(0), fetched_input[l], fetched_inside[l]);
      staged_input[place % STEP_VECTORS * INPUT_PITCH + place / STEP_VECTORS] = value;
    }
    for (var l = 0u; l < WEIGHT_LOADS; l++) { staged_weight[lane + l * LANES] = fetched_weight[l]; }
    workgroupBarrier();
  }

  if (STATISTICS == 1u) {
    let pixels = min(WORKGROUP_PIXELS, pixels_of(region) - first_pixel);
    let rows = min(LANES_Y, pixels); // of lanes that have a pixel; the shares of the others are 0
    let first_share = row * WORKGROUP_VECTORS + column;
    workgroupBarrier();
    for (var v = 0u; v < LANE_VECTORS; v++) {
      var sum = vec4f(0); // `sums` past the last pixel are 0
      for (var p = 0u; p < LANE_PIXELS; p++) { sum += sums[p][v]; }
      staged_weight[first_share + v * LANES_X] = sum;
    }
    workgroupBarrier();
    var means = array<vec4f, LANE_VECTORS>();
    for (var v = 0u; v < LANE_VECTORS; v++) { means[v] = sum_of_shares(column + v * LANES_X, rows) / f32(pixels); }
    workgroupBarrier();
    for (var v = 0u; v < LANE_VECTORS; v++) {
      var squares = vec4f(0);
      for (var p = 0u; p < LANE_PIXELS; p++) {
        let distance = select(vec4f(0), sums[p][v] - means[v], row + p * LANES_Y < pixels);
        squares += distance * distance;
      }
      staged_weight[first_share + v * LANES_X] = squares;
    }
    workgroupBarrier();
    let tile = index / params.column_tiles * (2u * params.out_vectors + 1u);
    for (var v = 0u; v < LANE_VECTORS; v++) {
      let vector = first_vector + column + v * LANES_X;
      if (row > 0u || vector >= params.out_vectors) { continue; }
      if (params.has_bias != 0u) { means[v] += vec4f(bias[vector]); }
      statistics[tile + vector] = means[v];
      statistics[tile + params.out_vectors + vector] = sum_of_shares(column + v * LANES_X, rows);
    }
    if (lane == 0u && first_vector == 0u) { statistics[tile + 2u * params.out_vectors] = vec4f(f32(pixels)); }
  }

  // The sums move up, and the first one is stored: no index is known only at run time, which would keep sums out of registers.
  let end_pixel = min(first_pixel + WORKGROUP_PIXELS, pixels_of(region));
  let end_vector = min(first_vector + WORKGROUP_VECTORS, params.out_vectors);
  for (var p = first_pixel + row; p < end_pixel; p += LANES_Y) {
    let pixel = pixel_at(region, p);
    let place = (pixel.image * params.out_h + pixel.y) * params.out_w + pixel.x;
    for (var vector = first_vector + column; vector < end_vector; vector += LANES_X) {
      let all_vector = region.branch * params.out_vectors + vector;
      if (params.splits > 1u) {
        partials[(split * params.pixels + place) * params.all_vectors + all_vector] = sums[0][0];
      } else {
        let at = place * params.out_pitch + params.out_offset + all_vector;
        store_output(sums[0][0], pixel.image * params.bias_pitch + all_vector, at);
      }
      for (var v = 1u; v < LANE_VECTORS; v++) { sums[0][v - 1u] = sums[0][v]; }
    }
    for (var r = 1u; r < LANE_PIXELS; r++) { sums[r - 1u] = sums[r]; }
  }
}
