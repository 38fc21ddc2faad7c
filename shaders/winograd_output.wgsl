// The last of Winograd's three steps (src/kernels/winograd.ts): from values at points to the outputs of each tile.
//
//   products   [POINTS, POINTS, out_vectors, tiles]   of the tiles from first_tile on
//   bias       [out_vectors], or [n, out_vectors] if bias_pitch is not 0; read if has_bias
//   residual   of the output's shape, read if has_residual; if in_place, it is what output holds before
//   output     [n, out_h, out_w, out_pitch]           act(from_points down and along + bias + residual), from the vector out_offset on
//
// One invocation computes one vector of a tile's outputs; 64 of them, 8 vectors of 8 tiles, as in winograd_input.wgsl.

// Stored is f32 or f16, as the kernel says; all is computed in f32.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> products: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> bias: array<vec4<Stored>>;
@group(0) @binding(3) var<storage, read_write> residual: array<vec4<Stored>>;
@group(0) @binding(4) var<storage, read_write> output: array<vec4<Stored>>;

struct Params {
  out_h: u32,
  out_w: u32,
  out_vectors: u32,
  out_pitch: u32,
  out_offset: u32,
  tiles_h: u32, // of an image
  tiles_w: u32,
  first_tile: u32, // of the tiles of all images, row by row
  tiles: u32,
  tile_groups: u32, // workgroups along the tiles
  points: u32, // POINTS, told at run time: the loop over lines, unrolled, would take a second or two to compile
  dilation: u32,
  has_bias: u32,
  bias_pitch: u32, // 0: one bias for all images
  has_residual: u32,
  in_place: u32,
  low: f32, // the activation: values are clamped to low … high
  high: f32,
}

// OUTPUTS and POINTS are set where the kernel is made.

// The outputs of a line from its products at the points of winograd_input.wgsl. What is left over of the array is not used.
fn from_points(m: array<vec4f, 6>) -> array<vec4f, 4> {
  if (OUTPUTS == 2u) {
    return array(m[1] + m[2], m[1] + m[0], vec4f(0), vec4f(0));
  }
  if (OUTPUTS == 3u) {
    let half_sum = m[0] + m[1];
    let far_sum = m[2] + m[3];
    return array(
      half_sum + far_sum,
      0.5 * (m[0] - m[1]) + 1.5 * (m[2] - m[3]),
      0.25 * half_sum + 2.25 * far_sum + m[4],
      vec4f(0),
    );
  }
  let half_sum = m[1] + m[2];
  let half_difference = m[1] - m[2];
  let far_sum = m[3] + m[4];
  let far_difference = m[3] - m[4];
  return array(
    m[0] + half_sum + far_sum,
    0.5 * half_difference + 1.5 * far_difference,
    0.25 * half_sum + 2.25 * far_sum,
    0.125 * half_difference + 3.375 * far_difference + m[5],
  );
}

// As in winograd_input.wgsl.
fn first_output(index: u32) -> u32 {
  return index + index / params.dilation * (OUTPUTS - 1u) * params.dilation;
}

// Comparisons rather than clamp, so that NaN stays NaN.
fn activate(value: vec4f) -> vec4f {
  let raised = select(value, vec4f(params.low), value < vec4f(params.low));
  return select(raised, vec4f(params.high), raised > vec4f(params.high));
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = group.y * groups.x + group.x;
  let tile = index % params.tile_groups * 8u + lane % 8u;
  let vector = index / params.tile_groups * 8u + lane / 8u;
  if (tile >= params.tiles || vector >= params.out_vectors) { return; }

  var lines: array<array<vec4f, 4>, POINTS>;
  for (var y = 0u; y < params.points; y++) {
    var line: array<vec4f, 6>;
    for (var x = 0u; x < POINTS; x++) {
      line[x] = products[((y * POINTS + x) * params.out_vectors + vector) * params.tiles + tile];
    }
    lines[y] = from_points(line);
  }

  let row = (params.first_tile + tile) / params.tiles_w;
  let image = row / params.tiles_h;
  let top = first_output(row - image * params.tiles_h);
  let left = first_output(params.first_tile + tile - row * params.tiles_w);
  var image_bias = vec4f(0);
  if (params.has_bias != 0u) { image_bias = vec4f(bias[image * params.bias_pitch + vector]); }
  // Stored in a loop of its own, which is not unrolled either.
  var results: array<vec4f, OUTPUTS * OUTPUTS>;
  for (var x = 0u; x < OUTPUTS; x++) {
    var column: array<vec4f, 6>;
    for (var y = 0u; y < POINTS; y++) { column[y] = lines[y][x]; }
    let values = from_points(column);
    for (var y = 0u; y < OUTPUTS; y++) { results[y * OUTPUTS + x] = values[y]; }
  }
  let columns = min(OUTPUTS, (params.out_w - left + params.dilation - 1u) / params.dilation);
  var x = 0u;
  var y = 0u;
  while (y < OUTPUTS && top + y * params.dilation < params.out_h) {
    let out_row = image * params.out_h + top + y * params.dilation;
    let at = (out_row * params.out_w + left + x * params.dilation) * params.out_pitch + params.out_offset + vector;
    var value = results[y * OUTPUTS + x] + image_bias;
    if (params.has_residual != 0u) { value += vec4f(residual[at]); }
    if (params.in_place != 0u) { value += vec4f(output[at]); }
    output[at] = vec4<Stored>(activate(value));
    x++;
    if (x == columns) { x = 0u; y++; }
  }
}
