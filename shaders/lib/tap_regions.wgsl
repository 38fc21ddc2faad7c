// Which outputs each workgroup of conv2d_tiled.wgsl computes, and by which taps. src/kernels/convolution/tap_regions.ts does the
// same arithmetic.
//
// Along an axis, a stretch is a run of outputs for which the same taps fall inside the map. A stretch of rows and a
// stretch of columns make a region: all its outputs need the same rectangle of taps. Each region is cut into tiles of
// WORKGROUP_PIXELS outputs. Tiles are counted branch by branch, and region by region within a branch.

const OUTSIDE = 0x7fffffffu; // a coordinate larger than any map has

// A window that slides along one axis.
struct Axis {
  inputs: i32,
  outputs: i32,
  taps: i32,
  dilation: u32,
  pad: i32,
  exact: bool, // false: the whole axis is one stretch
}

// Outputs first … end − 1. Taps first_tap … end_tap − 1 fall inside the map for at least one of them.
struct Stretch {
  first: i32,
  end: i32,
  first_tap: i32,
  end_tap: i32,
}

fn divide_up(a: i32, b: u32) -> i32 {
  return (max(a, 0) + i32(b) - 1) / i32(b);
}

// How many taps of an output lie before the input coordinate `edge`.
fn taps_before(axis: Axis, edge: i32, out: i32) -> i32 {
  return min(axis.taps, divide_up(edge + axis.pad - out * i32(params.stride), axis.dilation));
}

// The next output that has fewer taps before `edge`.
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

fn vertical(branch: u32) -> Axis {
  return Axis(
    i32(params.in_h),
    i32(params.out_h),
    i32(params.k_h[branch]),
    params.dilation[branch],
    i32(params.pad_top[branch]),
    params.exact_rows[branch] != 0u,
  );
}

fn horizontal(branch: u32) -> Axis {
  return Axis(
    i32(params.in_w),
    i32(params.out_w),
    i32(params.k_w[branch]),
    params.dilation[branch],
    i32(params.pad_left[branch]),
    params.exact_columns[branch] != 0u,
  );
}

// A region of one branch, in all images, and one of its tiles.
struct Region {
  branch: u32,
  first_weight: u32, // where the branch's weight starts
  rows: Stretch,
  columns: Stretch,
  tile: u32,
}

fn pixels_of(region: Region) -> u32 {
  let images = params.pixels / (params.out_h * params.out_w);
  return images * u32((region.rows.end - region.rows.first) * (region.columns.end - region.columns.first));
}

// Walks over the regions until it reaches the one that holds the tile.
fn region_of(tile: u32) -> Region {
  var region = Region(0u, 0u, stretch_from(vertical(0u), 0), stretch_from(horizontal(0u), 0), tile);
  loop {
    let tiles = (pixels_of(region) + WORKGROUP_PIXELS - 1u) / WORKGROUP_PIXELS;
    if (region.tile < tiles) { break; }
    region.tile -= tiles;
    let ends_row = region.columns.end == i32(params.out_w);
    let ends_branch = ends_row && region.rows.end == i32(params.out_h);
    if (ends_branch) {
      let taps = params.k_h[region.branch] * params.k_w[region.branch];
      region.first_weight += taps * params.in_vectors * 4u * params.out_vectors;
      region.branch++;
    }
    if (ends_row) { region.rows = stretch_from(vertical(region.branch), select(region.rows.end, 0, ends_branch)); }
    region.columns = stretch_from(horizontal(region.branch), select(region.columns.end, 0, ends_row));
  }
  return region;
}

// An output: its image, its row and its column. Past the last output of a region, the row is OUTSIDE.
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
  let y = select(OUTSIDE, u32(region.rows.first) + row - image * h, inside);
  return Pixel(image, y, u32(region.columns.first) + index - row * w);
}

// One step of a workgroup's sum: STEP_VECTORS vectors of input channels, which make a block, at one tap.
struct Step {
  ky: u32,
  kx: u32,
  block: u32,
}

fn blocks() -> u32 {
  return (params.in_vectors + STEP_VECTORS - 1u) / STEP_VECTORS;
}

fn steps_of(region: Region) -> u32 {
  let rows = u32(max(0, region.rows.end_tap - region.rows.first_tap));
  return rows * u32(max(0, region.columns.end_tap - region.columns.first_tap)) * blocks();
}

fn step_at(region: Region, index: u32) -> Step {
  let tap = index / blocks();
  let columns = u32(max(1, region.columns.end_tap - region.columns.first_tap));
  return Step(
    u32(region.rows.first_tap) + tap / columns,
    u32(region.columns.first_tap) + tap % columns,
    index - tap * blocks(),
  );
}

fn next_step(region: Region, step: Step) -> Step {
  var next = step;
  next.block++;
  if (next.block == blocks()) {
    next.block = 0u;
    next.kx++;
    if (next.kx == u32(region.columns.end_tap)) {
      next.kx = u32(region.columns.first_tap);
      next.ky++;
    }
  }
  return next;
}
