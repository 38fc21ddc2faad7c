// The weight gradient of conv2d_backward_weight.wgsl, with the same buffers and parameters, for adapters whose subgroups have a fixed
// size.
//
// A workgroup is one subgroup and computes, for one tap and one split, two vectors of input channels × (its size) vectors of output
// channels. Lanes are output channels: each loads its own gradients, of four pixels at a time. The inputs there, two vectors of
// four pixels, all need: each lane loads one of the eight and hands it to the others by subgroupBroadcast, for on a CPU adapter
// loads are what costs. A sum takes the four pixels' multiply-adds in a row, so that it is fetched for them once.

enable subgroups;
// A workgroup is one subgroup, so what differs between workgroups does not differ within a subgroup.
diagnostic(off, subgroup_uniformity);

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> output_gradient: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> partials: array<f32>;

struct Params {
  batch: u32,
  in_h: u32,
  in_w: u32,
  in_vectors: u32,
  out_h: u32,
  out_w: u32,
  out_vectors: u32,
  row_tiles: u32, // workgroups along the input channels
  column_tiles: u32, // workgroups along the output channels
  splits: u32,
  k_h: u32,
  k_w: u32,
  stride: u32,
  dilation: u32,
  pad_top: u32,
  pad_left: u32,
}

override SUBGROUP_SIZE: u32;

const PIXELS = 4u; // of a round
const ROWS = 2u;

// Output coordinates along one axis.
struct Span {
  first: u32,
  count: u32,
}

// Those whose tap, the k-th, falls inside the input.
fn reaching(k: u32, pad: u32, in_size: u32, out_size: u32) -> Span {
  let offset = k * params.dilation;
  let first = (max(pad, offset) - offset + params.stride - 1u) / params.stride;
  let end = min((max(in_size + pad, offset) - offset + params.stride - 1u) / params.stride, out_size);
  return Span(first, max(first, end) - first);
}

// How far apart the places of two rounds are in a buffer, and how much further where the next row or image begins between them.
struct Way {
  round: u32,
  row: u32,
  image: u32,
}

// `pitch` is that of columns, rows and images; `size` the columns and rows that are visited, and `round` the places of a round.
fn way_along(pitch: vec3u, size: vec2u, round: vec3u) -> Way {
  return Way(dot(round, pitch), pitch.y - size.x * pitch.x, pitch.z - size.y * pitch.y);
}

// Column, row and image of a pixel among those visited.
fn place_of(index: u32, size: vec2u) -> vec3u {
  let row = index / size.x;
  return vec3u(index - row * size.x, row % size.y, row / size.y);
}

// The sums of four input channels, for four output channels each, with a round's pixels added.
fn add_round(sums: array<vec4f, 4>, inputs: array<vec4f, PIXELS>, gradients: array<vec4f, PIXELS>) -> array<vec4f, 4> {
  var result = sums;
  for (var c = 0u; c < 4u; c++) {
    for (var p = 0u; p < PIXELS; p++) { result[c] = fma(vec4f(inputs[p][c]), gradients[p], result[c]); }
  }
  return result;
}

@compute @workgroup_size(SUBGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let tile = group.y * groups.x + group.x;
  // Input channels first: the gradient of the wider tile of output channels stays in a core's cache.
  let first_column = tile / params.row_tiles % params.column_tiles * SUBGROUP_SIZE + lane;
  let first_row = tile % params.row_tiles * ROWS;
  let tap_and_split = tile / (params.column_tiles * params.row_tiles);
  let taps = params.k_h * params.k_w;
  let tap = tap_and_split % taps;
  let split = tap_and_split / taps;
  if (split >= params.splits) { return; }

  // Past the last vector a tile repeats it, and stores nothing.
  let column = min(first_column, params.out_vectors - 1u);
  let row = min(first_row + lane % 8u / PIXELS, params.in_vectors - 1u); // that this lane loads, at pixel lane % PIXELS of a round

  let ky = tap / params.k_w;
  let kx = tap % params.k_w;
  let ys = reaching(ky, params.pad_top, params.in_h, params.out_h);
  let xs = reaching(kx, params.pad_left, params.in_w, params.out_w);
  let pixels = params.batch * ys.count * xs.count;
  let share = (pixels + params.splits * PIXELS - 1u) / (params.splits * PIXELS) * PIXELS;
  let begin = min(split * share, pixels);
  let end = min(begin + share, pixels);

  // Where this lane's pixel of the round is. Without divisions on the way: CPU adapters divide lane by lane.
  let size = vec2u(xs.count, ys.count);
  let round = place_of(PIXELS, size);
  let place = place_of(begin + lane % PIXELS, size);
  var x = place.x;
  var y = place.y;
  let in_pitch = vec3u(params.stride, params.stride * params.in_w, params.in_h * params.in_w) * params.in_vectors;
  let out_pitch = vec3u(1u, params.out_w, params.out_h * params.out_w) * params.out_vectors;
  let in_way = way_along(in_pitch, size, round);
  let out_way = way_along(out_pitch, size, round);
  let first_in_y = ys.first * params.stride + ky * params.dilation - params.pad_top;
  let first_in_x = xs.first * params.stride + kx * params.dilation - params.pad_left;
  var in_at = dot(place, in_pitch) + (first_in_y * params.in_w + first_in_x) * params.in_vectors;
  var out_at = dot(place, out_pitch) + (ys.first * params.out_w + xs.first) * params.out_vectors;

  var sums: array<array<vec4f, 4>, ROWS>;
  for (var pixel = begin; pixel < end; pixel += PIXELS) {
    var gradients = array(
      output_gradient[subgroupBroadcast(out_at, 0) + column],
      output_gradient[subgroupBroadcast(out_at, 1) + column],
      output_gradient[subgroupBroadcast(out_at, 2) + column],
      output_gradient[subgroupBroadcast(out_at, 3) + column],
    );
    for (var p = 0u; p < PIXELS; p++) { gradients[p] = select(vec4f(0), gradients[p], pixel + p < end); }
    let loaded = select(vec4f(0), input[in_at + row], pixel + lane % PIXELS < end);
    let even = array(
      subgroupBroadcast(loaded, 0),
      subgroupBroadcast(loaded, 1),
      subgroupBroadcast(loaded, 2),
      subgroupBroadcast(loaded, 3),
    );
    sums[0] = add_round(sums[0], even, gradients);
    let odd = array(
      subgroupBroadcast(loaded, 4),
      subgroupBroadcast(loaded, 5),
      subgroupBroadcast(loaded, 6),
      subgroupBroadcast(loaded, 7),
    );
    sums[1] = add_round(sums[1], odd, gradients);

    x += round.x;
    let next_row = x >= size.x;
    x = select(x, x - size.x, next_row);
    y += round.y + u32(next_row);
    let next_image = y >= size.y;
    y = select(y, y - size.y, next_image);
    in_at += in_way.round + select(0u, in_way.row, next_row) + select(0u, in_way.image, next_image);
    out_at += out_way.round + select(0u, out_way.row, next_row) + select(0u, out_way.image, next_image);
  }

  for (var r = 0u; r < ROWS; r++) {
    if (first_row + r < params.in_vectors && first_column < params.out_vectors) {
      for (var o = 0u; o < 4u; o++) {
        let out_channel = (split * params.out_vectors + first_column) * 4u + o;
        for (var c = 0u; c < 4u; c++) {
          let channel = (out_channel * params.in_vectors + first_row + r) * 4u + c;
          partials[channel * taps + tap] = sums[r][c][o];
        }
      }
    }
  }
}
