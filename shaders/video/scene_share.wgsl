// The share of a video's next frame in the mean of its frames: 1 for the first frame and for one of a new scene, else the share that the
// caller chose. The scene is new if the grey of the picture's cells has changed by more than `cut` since the last frame, in the mean.
//
//   photo   [height, width]   u32: red in the low byte, then green and blue
//   cells   [ROWS, COLUMNS]   the grey of each cell, 0 to 255: of the last frame, then of this one
//   share   [1]               0 before the first frame
//
// One workgroup. Each of its lanes computes a cell, the mean of points² pixels that are spread over it, so that a camera's noise does not
// count. Then the changes are added pairwise.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> photo: array<u32>;
@group(0) @binding(2) var<storage, read_write> cells: array<f32>;
@group(0) @binding(3) var<storage, read_write> share: array<f32>;

struct Params {
  width: u32,
  height: u32,
  points: u32, // along a side of a cell
  share: f32, // of a frame of the same scene
  cut: f32, // the change of grey from which on a scene is new
}

const COLUMNS = 16u;
const ROWS = 8u;
const LANES = 128u; // ROWS · COLUMNS, as many as every adapter can run

var<workgroup> changes: array<f32, LANES>;

// BT.601's luma, in 256ths: sums of it are exact.
fn grey_of(rgba: u32) -> f32 {
  let colour = vec3f((vec3u(rgba) >> vec3u(0, 8, 16)) & vec3u(255));
  return dot(colour, vec3f(77, 150, 29)) / 256;
}

// The pixel at the middle of one of `count` equal parts of an edge.
fn middle_of(part: u32, count: u32, edge: u32) -> u32 {
  return (2u * part + 1u) * edge / (2u * count);
}

fn cell_grey(cell: u32) -> f32 {
  let first_y = cell / COLUMNS * params.points;
  let first_x = cell % COLUMNS * params.points;
  var sum = 0.0;
  for (var point = 0u; point < params.points * params.points; point++) {
    let y = middle_of(first_y + point / params.points, ROWS * params.points, params.height);
    let x = middle_of(first_x + point % params.points, COLUMNS * params.points, params.width);
    sum += grey_of(photo[y * params.width + x]);
  }
  return sum / f32(params.points * params.points);
}

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32) {
  let grey = cell_grey(lane);
  changes[lane] = abs(grey - cells[lane]);
  cells[lane] = grey;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { changes[lane] += changes[lane + half]; }
  }
  if (lane == 0u) {
    let is_new = (share[0] == 0) | (changes[0] / f32(LANES) > params.cut);
    share[0] = select(params.share, 1.0, is_new);
  }
}
