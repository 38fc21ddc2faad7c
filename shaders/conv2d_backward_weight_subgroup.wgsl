// The weight gradient of conv2d_backward_weight.wgsl, with the same buffers and parameters, for adapters whose subgroups have a fixed
// size.
//
// A workgroup is one subgroup and computes, for one tap and one split, TILE_ROWS vectors of input channels, 8 or fewer, × (its size)
// vectors of output channels. Lanes are output channels: each loads its own gradients. The inputs, which all need, are loaded by a
// lane each and handed to the others by subgroupBroadcast, for on a CPU adapter loads are what costs: here two for a pixel's
// 4 · TILE_ROWS multiply-adds. One pixel at a time: several would fetch each sum less often, but with the machine code of more loads
// (bench/NOTES.md), which is long, the loop is slower.

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

@compute @workgroup_size(SUBGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let tile = group.y * groups.x + group.x;
  // Input channels first: the gradient of the wider tile of output channels stays in a core's cache.
  let first_column = tile / params.row_tiles % params.column_tiles * SUBGROUP_SIZE + lane;
  let first_row = tile % params.row_tiles * TILE_ROWS;
  let tap_and_split = tile / (params.column_tiles * params.row_tiles);
  let taps = params.k_h * params.k_w;
  let tap = tap_and_split % taps;
  let split = tap_and_split / taps;
  if (split >= params.splits) { return; }

  // Past the last vector a tile repeats it, and stores nothing.
  let column = min(first_column, params.out_vectors - 1u);
  let row = min(first_row + lane % TILE_ROWS, params.in_vectors - 1u); // that this lane loads

  let ky = tap / params.k_w;
  let kx = tap % params.k_w;
  let ys = reaching(ky, params.pad_top, params.in_h, params.out_h);
  let xs = reaching(kx, params.pad_left, params.in_w, params.out_w);
  let pixels = params.batch * ys.count * xs.count;
  let share = (pixels + params.splits - 1u) / params.splits;
  let begin = min(split * share, pixels);
  let end = min(begin + share, pixels);

  // Column, row and image of the pixel, among those that the tap reaches from inside the input.
  let row_index = begin / xs.count;
  let place = vec3u(begin - row_index * xs.count, row_index % ys.count, row_index / ys.count);
  var x = place.x;
  var y = place.y;
  // Places from a pixel to the next in each direction. Addresses are advanced, without divisions: CPU adapters divide lane by lane.
  let in_pitch = vec3u(params.stride, params.stride * params.in_w, params.in_h * params.in_w) * params.in_vectors;
  let out_pitch = vec3u(1u, params.out_w, params.out_h * params.out_w) * params.out_vectors;
  let first_in_y = ys.first * params.stride + ky * params.dilation - params.pad_top;
  let first_in_x = xs.first * params.stride + kx * params.dilation - params.pad_left;
  var in_at = dot(place, in_pitch) + (first_in_y * params.in_w + first_in_x) * params.in_vectors;
  var out_at = dot(place, out_pitch) + (ys.first * params.out_w + xs.first) * params.out_vectors;
  // What comes on top where a row or an image ends.
  let size = vec2u(xs.count, ys.count);
  let in_turn = in_pitch.yz - size * in_pitch.xy;
  let out_turn = out_pitch.yz - size * out_pitch.xy;

  var sums: array<array<vec4f, 4>, TILE_ROWS>;
  for (var pixel = begin; pixel < end; pixel++) {
    let gradient = output_gradient[out_at + column];
    let loaded = input[in_at + row];
    let inputs = array(
      subgroupBroadcast(loaded, 0),
      subgroupBroadcast(loaded, 1),
      subgroupBroadcast(loaded, 2),
      subgroupBroadcast(loaded, 3),
      subgroupBroadcast(loaded, 4),
      subgroupBroadcast(loaded, 5),
      subgroupBroadcast(loaded, 6),
      subgroupBroadcast(loaded, 7),
    );
    for (var r = 0u; r < TILE_ROWS; r++) {
      for (var c = 0u; c < 4u; c++) { sums[r][c] = fma(vec4f(inputs[r][c]), gradient, sums[r][c]); }
    }

    x++;
    let next_row = x == size.x;
    x = select(x, 0u, next_row);
    y += u32(next_row);
    let next_image = y == size.y;
    y = select(y, 0u, next_image);
    in_at += in_pitch.x + select(0u, in_turn.x, next_row) + select(0u, in_turn.y, next_image);
    out_at += out_pitch.x + select(0u, out_turn.x, next_row) + select(0u, out_turn.y, next_image);
  }

  if (first_column >= params.out_vectors) { return; }
  // Stored in a loop whose number of turns no compiler knows, of copies, as in conv2d_subgroup.wgsl: it compiles faster.
  var results: array<vec4f, 4u * TILE_ROWS>;
  for (var r = 0u; r < TILE_ROWS; r++) {
    for (var c = 0u; c < 4u; c++) { results[4u * r + c] = sums[r][c]; }
  }
  let channels = 4u * min(TILE_ROWS, params.in_vectors - first_row);
  for (var c = 0u; c < channels; c++) {
    for (var o = 0u; o < 4u; o++) {
      let out_channel = (split * params.out_vectors + first_column) * 4u + o;
      let channel = (out_channel * params.in_vectors + first_row) * 4u + c;
      partials[channel * taps + tap] = results[c][o];
    }
  }
}
