// The convolution of conv2d.wgsl for GPUs with cores of their own: a workgroup's operands pass through its memory.
//
//   input    [n, in_h, in_w, in_vectors]                      vec4: four channels; padded channels are zero
//   weight   [k_h, k_w, in_vectors, 4, out_vectors]           vec4: four output channels; see fold_batch_norm.wgsl
//   bias     [all_vectors], or [n, bias_pitch] for a bias per image; read if has_bias
//   residual the output's shape, read if has_residual; if in_place, it is what output holds before
//   output   [n, out_h, out_w, out_pitch], this op's all_vectors starting at out_offset; written if splits is 1
//   partials [splits, n, out_h, out_w, all_vectors]           else: for conv2d_merge.wgsl to add up
//   statistics [row_tiles, 2 · out_vectors + 1]               if STATISTICS is 1: of each tile what batch_norm_merge.wgsl merges
//
// It may have several branches, such as those of atrous spatial pyramid pooling: convolutions of the same input by windows of their
// own to out_vectors each, side by side in the output and one after the other in the weight.
//
// A workgroup computes PIXELS × VECTORS outputs, an invocation TILE_PIXELS × TILE_VECTORS of them, LANES_X and LANES_Y apart so
// that neighbours read and write neighbours. The sum runs over taps and, DEPTH vectors at a time, input channels: while one
// such step is multiplied out of workgroup memory, the next is on its way from the buffers into registers.
//
// Pixels are taken region by region (src/kernels/tap_regions.ts), so that a workgroup's all have the same taps and none is
// in the padding. Along an axis whose regions would leave too many tiles part empty it is one, and a tap outside is zero.

// Stored is f32 or f16, as the kernel says; all is computed in f32.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4<Stored>>;
@group(0) @binding(2) var<storage, read> weight: array<vec4<Stored>>;
@group(0) @binding(3) var<storage, read_write> bias: array<vec4<Stored>>;
@group(0) @binding(4) var<storage, read_write> residual: array<vec4<Stored>>;
@group(0) @binding(5) var<storage, read_write> output: array<vec4<Stored>>;
@group(0) @binding(6) var<storage, read_write> partials: array<vec4f>;
@group(0) @binding(7) var<storage, read_write> statistics: array<vec4f>;

struct Params {
  // Of each branch, at most four:
  k_h: vec4u,
  k_w: vec4u,
  dilation: vec4u,
  pad_top: vec4u,
  pad_left: vec4u,
  exact_rows: vec4u, // whether the rows are in regions
  exact_columns: vec4u,
  in_h: u32,
  in_w: u32,
  in_vectors: u32,
  out_h: u32,
  out_w: u32,
  out_vectors: u32, // of a branch
  all_vectors: u32,
  out_pitch: u32,
  out_offset: u32,
  pixels: u32, // n · out_h · out_w
  row_tiles: u32, // workgroups along the pixels, of all regions of all branches
  column_tiles: u32, // workgroups along the output channels of a branch
  splits: u32, // workgroups along the sum
  stride: u32,
  has_bias: u32,
  bias_pitch: u32, // 0: one bias for all images
  has_residual: u32,
  in_place: u32,
  low: f32, // the activation: values are clamped to low … high
  high: f32,
}

// TILE_PIXELS, TILE_VECTORS, LANES_X and LANES_Y are set where the kernel is made.
const LANES = LANES_X * LANES_Y;
const PIXELS = LANES_Y * TILE_PIXELS;
const VECTORS = LANES_X * TILE_VECTORS;
const DEPTH = 4u;

// What each lane fetches for a step.
const INPUT_LOADS = PIXELS * DEPTH / LANES;
const WEIGHT_LOADS = VECTORS * DEPTH * 4u / LANES;
const_assert INPUT_LOADS * LANES == PIXELS * DEPTH && WEIGHT_LOADS * LANES == VECTORS * DEPTH * 4u;

// By depth, then pixel; one more of these than there are, so that the lanes that fetch a pixel's vectors write to different banks.
const INPUT_PITCH = PIXELS + 1u;
var<workgroup> staged_input: array<vec4f, DEPTH * INPUT_PITCH>;
var<workgroup> staged_weight: array<vec4f, DEPTH * 4u * VECTORS>; // by input channel, then vector
const_assert LANES_Y <= DEPTH * 4u; // where it takes each row's share of a sum over pixels

const OUTSIDE = 0x7fffffffu; // as a coordinate: more than any map has

// A window that slides along one axis.
struct Axis {
  inputs: i32,
  outputs: i32,
  taps: i32,
  dilation: u32,
  pad: i32,
  exact: bool,
}

// Outputs first … end − 1, and the taps first_tap … end_tap − 1 that reach the map from any of them.
struct Stretch {
  first: i32,
  end: i32,
  first_tap: i32,
  end_tap: i32,
}

fn divide_up(a: i32, b: u32) -> i32 {
  return (max(a, 0) + i32(b) - 1) / i32(b);
}

// How many taps of an output lie before the place `edge` of the input.
fn taps_before(axis: Axis, edge: i32, out: i32) -> i32 {
  return min(axis.taps, divide_up(edge + axis.pad - out * i32(params.stride), axis.dilation));
}

// The next output of which fewer taps lie before `edge`.
fn next_change(axis: Axis, edge: i32, out: i32) -> i32 {
  let taps = taps_before(axis, edge, out);
  let change = divide_up(edge + axis.pad - (taps - 1) * i32(axis.dilation), params.stride);
  return select(change, axis.outputs, taps == 0);
}

fn stretch_from(axis: Axis, first: i32) -> Stretch {
  let change = min(next_change(axis, 0, first), next_change(axis, axis.inputs, first));
  let end = select(axis.outputs, min(axis.outputs, change), axis.exact);
  return Stretch(first, end, taps_before(axis, 0, end - 1), taps_before(axis, axis.inputs, first));
}

// A rectangle of every image's outputs, with the same taps of one branch.
struct Region {
  branch: u32,
  first_weight: u32, // of the branch
  rows: Stretch,
  columns: Stretch,
  tile: u32, // which of its tiles
}

fn pixels_of(region: Region) -> u32 {
  let images = params.pixels / (params.out_h * params.out_w);
  return images * u32((region.rows.end - region.rows.first) * (region.columns.end - region.columns.first));
}

fn vertical(branch: u32) -> Axis {
  let exact = params.exact_rows[branch] != 0u;
  return Axis(i32(params.in_h), i32(params.out_h), i32(params.k_h[branch]), params.dilation[branch], i32(params.pad_top[branch]), exact);
}

fn horizontal(branch: u32) -> Axis {
  let exact = params.exact_columns[branch] != 0u;
  return Axis(i32(params.in_w), i32(params.out_w), i32(params.k_w[branch]), params.dilation[branch], i32(params.pad_left[branch]), exact);
}

// The region of a tile of pixels, these being counted branch by branch and region by region.
fn region_of(tile: u32) -> Region {
  var region = Region(0u, 0u, stretch_from(vertical(0u), 0), stretch_from(horizontal(0u), 0), tile);
  loop {
    let tiles = (pixels_of(region) + PIXELS - 1u) / PIXELS;
    if (region.tile < tiles) { return region; }
    region.tile -= tiles;
    let ends_row = region.columns.end == i32(params.out_w);
    let ends_branch = ends_row && region.rows.end == i32(params.out_h);
    if (ends_branch) {
      region.first_weight += params.k_h[region.branch] * params.k_w[region.branch] * params.in_vectors * 4u * params.out_vectors;
      region.branch++;
    }
    if (ends_row) { region.rows = stretch_from(vertical(region.branch), select(region.rows.end, 0, ends_branch)); }
    region.columns = stretch_from(horizontal(region.branch), select(region.columns.end, 0, ends_row));
  }
}

// An output: its image, its row and its column, OUTSIDE past the last one of a region.
struct Pixel {
  image: u32,
  y: u32,
  x: u32,
}

fn pixel_at(region: Region, index: u32) -> Pixel {
  let h = u32(region.rows.end - region.rows.first);
  let w = u32(region.columns.end - region.columns.first);
  let row = index / w;
  let image = row / h;
  let inside = image < params.pixels / (params.out_h * params.out_w);
  return Pixel(image, select(OUTSIDE, u32(region.rows.first) + row - image * h, inside), u32(region.columns.first) + index - row * w);
}

// Comparisons rather than clamp, so that NaN stays NaN.
fn activate(value: vec4f) -> vec4f {
  let raised = select(value, vec4f(params.low), value < vec4f(params.low));
  return select(raised, vec4f(params.high), raised > vec4f(params.high));
}

// For each of a lane's vectors, the sum of what the workgroup's lanes have of it.
fn added(values: array<vec4f, TILE_VECTORS>, row: u32, column: u32) -> array<vec4f, TILE_VECTORS> {
  workgroupBarrier();
  for (var v = 0u; v < TILE_VECTORS; v++) { staged_weight[row * VECTORS + column + v * LANES_X] = values[v]; }
  workgroupBarrier();
  var sums: array<vec4f, TILE_VECTORS>;
  for (var r = 0u; r < LANES_Y; r++) {
    for (var v = 0u; v < TILE_VECTORS; v++) { sums[v] += staged_weight[r * VECTORS + column + v * LANES_X]; }
  }
  return sums;
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  // Column tiles of the same pixels run next to each other, and find them in the cache.
  let index = group.y * groups.x + group.x;
  if (index >= params.column_tiles * params.row_tiles * params.splits) { return; }
  let first_vector = index % params.column_tiles * VECTORS;
  let split = index / (params.column_tiles * params.row_tiles);
  let region = region_of(index / params.column_tiles % params.row_tiles);
  let k_w = params.k_w[region.branch];
  let dilation = params.dilation[region.branch];
  let first_pixel = region.tile * PIXELS;

  // A step of the sum is DEPTH vectors of one tap. This split takes those from first_step on, of a workgroup's own number of them.
  let tap_rows = u32(max(0, region.rows.end_tap - region.rows.first_tap));
  let tap_columns = u32(max(0, region.columns.end_tap - region.columns.first_tap));
  let blocks = (params.in_vectors + DEPTH - 1u) / DEPTH;
  let steps = tap_rows * tap_columns * blocks;
  let first_step = steps * split / params.splits;
  let end_step = steps * (split + 1u) / params.splits;
  let first_tap = first_step / blocks;
  var block = first_step - first_tap * blocks;
  var ky = u32(region.rows.first_tap) + first_tap / max(tap_columns, 1u);
  var kx = u32(region.columns.first_tap) + first_tap % max(tap_columns, 1u);

  // Where this lane fetches from: coordinates of the first tap, before the map wrapping round to large ones.
  var fetched_pixels: array<Pixel, INPUT_LOADS>;
  for (var l = 0u; l < INPUT_LOADS; l++) {
    let pixel = pixel_at(region, first_pixel + (lane + l * LANES) / DEPTH);
    let y = select(pixel.y * params.stride - params.pad_top[region.branch], OUTSIDE, pixel.y == OUTSIDE);
    fetched_pixels[l] = Pixel(pixel.image, y, pixel.x * params.stride - params.pad_left[region.branch]);
  }

  let row = lane / LANES_X;
  let column = lane % LANES_X;
  var sums: array<array<vec4f, TILE_VECTORS>, TILE_PIXELS>;
  var fetched_input: array<vec4f, INPUT_LOADS>;
  var fetched_weight: array<vec4f, WEIGHT_LOADS>;
  for (var step = first_step; step <= end_step; step++) {
    if (step < end_step) {
      for (var l = 0u; l < INPUT_LOADS; l++) {
        let vector = block * DEPTH + lane % DEPTH;
        let y = fetched_pixels[l].y + ky * dilation;
        let x = fetched_pixels[l].x + kx * dilation;
        let inside = y < params.in_h && x < params.in_w && vector < params.in_vectors;
        let at = ((fetched_pixels[l].image * params.in_h + y) * params.in_w + x) * params.in_vectors + vector;
        fetched_input[l] = select(vec4f(0), vec4f(input[select(0u, at, inside)]), inside);
      }
      // Past the last channel the input is zero, past the last vector nothing is stored: any weight will do.
      let channels = params.in_vectors * 4u;
      for (var l = 0u; l < WEIGHT_LOADS; l++) {
        let place = lane + l * LANES;
        let channel = min(block * DEPTH * 4u + place / VECTORS, channels - 1u);
        let vector = min(first_vector + place % VECTORS, params.out_vectors - 1u);
        let at = region.first_weight + ((ky * k_w + kx) * channels + channel) * params.out_vectors + vector;
        fetched_weight[l] = vec4f(weight[at]);
      }
      block++;
      if (block == blocks) {
        block = 0u;
        kx++;
        if (kx == u32(region.columns.end_tap)) {
          kx = u32(region.columns.first_tap);
          ky++;
        }
      }
    }
    if (step > first_step) {
      for (var d = 0u; d < DEPTH; d++) {
        var values: array<vec4f, TILE_PIXELS>;
        for (var p = 0u; p < TILE_PIXELS; p++) { values[p] = staged_input[d * INPUT_PITCH + row + p * LANES_Y]; }
        for (var c = 0u; c < 4u; c++) {
          for (var v = 0u; v < TILE_VECTORS; v++) {
            let w = staged_weight[(d * 4u + c) * VECTORS + column + v * LANES_X];
            for (var p = 0u; p < TILE_PIXELS; p++) { sums[p][v] = fma(vec4f(values[p][c]), w, sums[p][v]); }
          }
        }
      }
    }
    workgroupBarrier();
    for (var l = 0u; l < INPUT_LOADS; l++) {
      let place = lane + l * LANES;
      staged_input[place % DEPTH * INPUT_PITCH + place / DEPTH] = fetched_input[l];
    }
    for (var l = 0u; l < WEIGHT_LOADS; l++) { staged_weight[lane + l * LANES] = fetched_weight[l]; }
    workgroupBarrier();
  }

  if (STATISTICS == 1u) {
    let pixels = min(PIXELS, pixels_of(region) - first_pixel);
    let count = f32(pixels);
    var means: array<vec4f, TILE_VECTORS>; // sums at first: past the last pixel they are 0
    for (var v = 0u; v < TILE_VECTORS; v++) {
      for (var p = 0u; p < TILE_PIXELS; p++) { means[v] += sums[p][v]; }
    }
    means = added(means, row, column);
    var squares: array<vec4f, TILE_VECTORS>;
    for (var v = 0u; v < TILE_VECTORS; v++) {
      means[v] /= count;
      for (var p = 0u; p < TILE_PIXELS; p++) {
        let distance = select(vec4f(0), sums[p][v] - means[v], row + p * LANES_Y < pixels);
        squares[v] += distance * distance;
      }
    }
    squares = added(squares, row, column);
    let first = index / params.column_tiles * (2u * params.out_vectors + 1u);
    for (var v = 0u; v < TILE_VECTORS; v++) {
      let vector = first_vector + column + v * LANES_X;
      if (row > 0u || vector >= params.out_vectors) { continue; }
      statistics[first + vector] = means[v];
      if (params.has_bias != 0u) { statistics[first + vector] += vec4f(bias[vector]); }
      statistics[first + params.out_vectors + vector] = squares[v];
    }
    if (lane == 0u && first_vector == 0u) { statistics[first + 2u * params.out_vectors] = vec4f(count); }
  }

  for (var p = 0u; p < TILE_PIXELS; p++) {
    let pixel = pixel_at(region, first_pixel + row + p * LANES_Y);
    let place = (pixel.image * params.out_h + pixel.y) * params.out_w + pixel.x;
    for (var v = 0u; v < TILE_VECTORS; v++) {
      let vector = first_vector + column + v * LANES_X;
      if (pixel.y == OUTSIDE || vector >= params.out_vectors) { continue; }
      let beside = region.branch * params.out_vectors + vector;
      if (params.splits > 1u) {
        partials[(split * params.pixels + place) * params.all_vectors + beside] = sums[p][v];
        continue;
      }
      let at = place * params.out_pitch + params.out_offset + beside;
      var value = sums[p][v];
      if (params.has_bias != 0u) { value += vec4f(bias[pixel.image * params.bias_pitch + beside]); }
      if (params.has_residual != 0u) { value += vec4f(residual[at]); }
      if (params.in_place != 0u) { value += vec4f(output[at]); }
      output[at] = vec4<Stored>(activate(value));
    }
  }
}
