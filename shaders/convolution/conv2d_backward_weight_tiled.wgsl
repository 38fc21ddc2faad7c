// The gradient of conv2d_backward_weight.wgsl, with its buffers, for hardware GPUs: the operands of a workgroup
// pass through workgroup memory, as in conv2d_tiled.wgsl.
//
// A workgroup computes, for one tap and one split, WORKGROUP_ROWS vectors of input channels × WORKGROUP_COLUMNS vectors
// of output channels. An invocation computes LANE_ROWS × LANE_COLUMNS of them, which are LANES_Y and LANES_X apart, so
// that neighbouring invocations access neighbouring memory. The sum runs over the pixels whose tap is inside the map.
// One step of the sum takes STEP_PIXELS of them: while the workgroup multiplies one step out of workgroup memory, it
// loads the next step into registers.

#import "lib/conv2d_backward_weight_params.wgsl"
#import "lib/many_turns.wgsl"
#import "lib/reaching_outputs.wgsl"
#import "lib/workgroup_index.wgsl"

const LANE_ROWS = 2u;
const LANE_COLUMNS = 1u;
const LANES_X = 16u; // along the output channels
const LANES_Y = 8u; // along the input channels
const STEP_PIXELS = 16u;
const TURN_PIXELS = 8u; // pixels of one turn of the main loop
const ROWS_ARE_TAPS = 0u; // 1: of an image's one vector, a row is a tap, and all are computed at all pixels
const LANES = LANES_X * LANES_Y;
const WORKGROUP_ROWS = LANES_Y * LANE_ROWS;
const WORKGROUP_COLUMNS = LANES_X * LANE_COLUMNS;

// So many lanes load the same pixel of a step, and each of them so many of its vectors.
const PIXEL_LANES = LANES / STEP_PIXELS;
const ROW_LOADS = WORKGROUP_ROWS / PIXEL_LANES;
const COLUMN_LOADS = WORKGROUP_COLUMNS / PIXEL_LANES;
const_assert PIXEL_LANES * STEP_PIXELS == LANES && STEP_PIXELS % TURN_PIXELS == 0u;
const_assert ROW_LOADS * PIXEL_LANES == WORKGROUP_ROWS && COLUMN_LOADS * PIXEL_LANES == WORKGROUP_COLUMNS;

const OUTSIDE = 0xffffffffu;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> output_gradient: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> partials: array<f32>;

var<workgroup> staged_rows: array<vec4f, STEP_PIXELS * WORKGROUP_ROWS>; // by pixel, then input vector
var<workgroup> staged_columns: array<vec4f, STEP_PIXELS * WORKGROUP_COLUMNS>; // by pixel, then output vector

// The work of a workgroup. One lane finds it for all: in memory it takes no registers during the main loop.
struct Work {
  row: u32, // the first vector of input channels, or the first tap
  column: u32, // the first vector of output channels
  tap: u32,
  split: u32,
  xs: Span, // the output pixels whose tap is inside the map
  ys: Span,
  begin: u32, // the split's share of them
  end: u32,
  // Turns of the main loop in a step. A compiler that knew the number would unroll the loop, which takes all registers of
  // Intel's GPUs, and gains nothing on others.
  turns: u32,
}
var<workgroup> work: Work;

// A pixel of a step: its first vector in `output_gradient`, or OUTSIDE, and the pixel of `input` at the tap: its coordinates, and its
// first vector. If rows are taps, it is the pixel at the first tap, which may be outside, and the first vector of its image.
struct Pixel {
  out_at: u32,
  in_at: u32,
  in_y: u32,
  in_x: u32,
}
var<workgroup> pixels: array<Pixel, LANES>; // of the next PIXEL_LANES steps

fn taps_of_tiles() -> u32 { return select(params.k_h * params.k_w, 1u, ROWS_ARE_TAPS == 1u); }
fn work_of(tile: u32) -> Work {
  let column = tile % params.column_tiles * WORKGROUP_COLUMNS;
  let row = tile / params.column_tiles % params.row_tiles * WORKGROUP_ROWS;
  let tap = tile / (params.column_tiles * params.row_tiles) % taps_of_tiles();
  let split = tile / (params.column_tiles * params.row_tiles) / taps_of_tiles();
  var ys = Span(0, params.out_h);
  var xs = Span(0, params.out_w);
  if (ROWS_ARE_TAPS == 0u) {
    ys = reaching_outputs(tap / params.k_w, params.pad_top, params.in_h, params.out_h);
    xs = reaching_outputs(tap % params.k_w, params.pad_left, params.in_w, params.out_w);
  }
  let count = params.batch * ys.count * xs.count;
  let share = (count + params.splits - 1u) / params.splits;
  let begin = min(split * share, count);
  return Work(row, column, tap, split, xs, ys, begin, min(begin + share, count), STEP_PIXELS / TURN_PIXELS);
}

// The pixel with this number among those that the work is about.
fn pixel_at(index: u32) -> Pixel {
  let row = index / work.xs.count;
  let x = work.xs.first + index % work.xs.count;
  let y = work.ys.first + row % work.ys.count;
  let n = row / work.ys.count;
  let out_at = ((n * params.out_h + y) * params.out_w + x) * params.out_vectors;
  let in_y = y * params.stride + work.tap / params.k_w * params.dilation - params.pad_top;
  let in_x = x * params.stride + work.tap % params.k_w * params.dilation - params.pad_left;
  let in_place = select(in_y * params.in_w + in_x, 0u, ROWS_ARE_TAPS == 1u);
  let in_at = (n * params.in_h * params.in_w + in_place) * params.in_vectors;
  return Pixel(select(OUTSIDE, out_at, index < work.end), in_at, in_y, in_x);
}

// The index in `input` of a row of a pixel, or OUTSIDE. Past the last vector it is the last one's: its products are not stored.
fn row_at(pixel: Pixel, row: u32) -> u32 {
  if (ROWS_ARE_TAPS == 0u) { return pixel.in_at + min(row, params.in_vectors - 1u); }
  // Negative coordinates wrap round to large ones, so one comparison is enough.
  let y = pixel.in_y + row / params.k_w * params.dilation;
  let x = pixel.in_x + row % params.k_w * params.dilation;
  return select(OUTSIDE, pixel.in_at + y * params.in_w + x, y < params.in_h && x < params.in_w);
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let tile = workgroup_index(group, groups);
  if (tile >= params.column_tiles * params.row_tiles * taps_of_tiles() * params.splits) { return; }
  if (lane == 0u) { work = work_of(tile); }
  let turns = workgroupUniformLoad(&work.turns);
  let count = workgroupUniformLoad(&work.end) - workgroupUniformLoad(&work.begin);
  let steps = (count + STEP_PIXELS - 1u) / STEP_PIXELS;

  let row = lane % LANES_Y;
  let column = lane / LANES_Y;
  let place = lane % PIXEL_LANES;
  let staged = lane / PIXEL_LANES;
  var sums: array<array<vec4f, LANE_COLUMNS>, LANE_ROWS * 4u>;
  for (var step = 0u; step < MANY_TURNS; step++) {
    if (step > steps) { break; }
    if (step % PIXEL_LANES == 0u) {
      pixels[lane] = pixel_at(work.begin + step * STEP_PIXELS + lane);
      workgroupBarrier();
    }

    let pixel = pixels[step % PIXEL_LANES * STEP_PIXELS + staged];
    let is_inside = pixel.out_at != OUTSIDE;
    var fetched_rows = array<vec4f, ROW_LOADS>();
    var is_row = array<bool, ROW_LOADS>();
    for (var l = 0u; l < ROW_LOADS; l++) {
      let at = row_at(pixel, work.row + place + l * PIXEL_LANES);
      is_row[l] = is_inside && at != OUTSIDE;
      fetched_rows[l] = input[select(0u, at, is_row[l])];
    }
    var fetched_columns = array<vec4f, COLUMN_LOADS>();
    for (var l = 0u; l < COLUMN_LOADS; l++) {
      let vector = min(work.column + place + l * PIXEL_LANES, params.out_vectors - 1u);
      fetched_columns[l] = output_gradient[select(0u, pixel.out_at + vector, is_inside)];
    }

    // In the first turn of the loop over the steps, what is staged is still zero.
    for (var turn = 0u; turn < MANY_TURNS; turn++) {
      if (turn >= turns) { break; }
      let first = turn % (STEP_PIXELS / TURN_PIXELS) * TURN_PIXELS;
      for (var p = 0u; p < TURN_PIXELS; p++) {
        var gradients = array<vec4f, LANE_COLUMNS>();
        for (var v = 0u; v < LANE_COLUMNS; v++) {
          gradients[v] = staged_columns[(first + p) * WORKGROUP_COLUMNS + column + v * LANES_X];
        }
        for (var r = 0u; r < LANE_ROWS; r++) {
          let value = staged_rows[(first + p) * WORKGROUP_ROWS + row + r * LANES_Y];
          for (var c = 0u; c < 4u; c++) {
            for (var v = 0u; v < LANE_COLUMNS; v++) {
              sums[r * 4u + c][v] = fma(vec4f(value[c]), gradients[v], sums[r * 4u + c][v]);
            }
          }
        }
      }
    }

    workgroupBarrier();
    let first_row = staged * WORKGROUP_ROWS + place;
    for (var l = 0u; l < ROW_LOADS; l++) {
      staged_rows[first_row + l * PIXEL_LANES] = select(vec4f(0), fetched_rows[l], is_row[l]);
    }
    let first_column = staged * WORKGROUP_COLUMNS + place;
    for (var l = 0u; l < COLUMN_LOADS; l++) {
      staged_columns[first_column + l * PIXEL_LANES] = select(vec4f(0), fetched_columns[l], is_inside);
    }
    workgroupBarrier();
  }

  // The sums move up, and the first one is stored, as in conv2d_backward_weight.wgsl.
  let end_row = min(work.row + WORKGROUP_ROWS, select(params.in_vectors, params.k_h * params.k_w, ROWS_ARE_TAPS == 1u));
  let end_column = min(work.column + WORKGROUP_COLUMNS, params.out_vectors);
  for (var r = work.row + row; r < end_row; r += LANES_Y) {
    let in_vector = select(r, 0u, ROWS_ARE_TAPS == 1u);
    let tap = select(work.tap, r, ROWS_ARE_TAPS == 1u);
    for (var out_vector = work.column + column; out_vector < end_column; out_vector += LANES_X) {
      for (var o = 0u; o < 4u; o++) {
        let out_channel = (work.split * params.out_vectors + out_vector) * 4u + o;
        for (var c = 0u; c < 4u; c++) {
          let channel = (out_channel * params.in_vectors + in_vector) * 4u + c;
          partials[channel * params.k_h * params.k_w + tap] = sums[c][0][o];
        }
      }
      for (var v = 4u; v < 4u * LANE_COLUMNS; v++) { sums[v % 4u][v / 4u - 1u] = sums[v % 4u][v / 4u]; }
    }
    for (var r = 4u; r < 4u * LANE_ROWS; r++) { sums[r - 4u] = sums[r]; }
  }
}
