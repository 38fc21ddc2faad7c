// The weight gradient of conv2d_backward_weight.wgsl, with the same buffers and parameters, for adapters whose
// subgroups all have one size.
//
// A workgroup is one subgroup. It computes, for one tap and one split, LANE_IN_VECTORS vectors of input channels ×
// SUBGROUP_SIZE vectors of output channels. Lanes are output channels: each lane loads its own gradients. All lanes need
// the same inputs: each of a few lanes loads one vector and hands it to the others by subgroupBroadcast. On CPU adapters
// loads cost most, and this way a pixel takes two loads for 4 · LANE_IN_VECTORS multiply-adds. The loop takes one pixel
// at a time: several would fetch each sum less often, but the machine code of more loads is so long that the loop is
// slower (bench/NOTES.md). The result is right for subgroups of every size from LOADERS on.

enable subgroups;
// A subgroup is a workgroup or a part of one, so a value that is uniform in the workgroup is uniform in the subgroup.
diagnostic(off, subgroup_uniformity);

#import "lib/conv2d_backward_weight_params.wgsl"
#import "lib/from_loaders.wgsl"
#import "lib/reaching_outputs.wgsl"
#import "lib/side_by_side.wgsl"
#import "lib/workgroup_index.wgsl"

const LANE_IN_VECTORS = 8u; // at most as many as there are loaders
const LANE_ROWS = LANE_IN_VECTORS;
const LANE_VECTORS = 4u; // of a row: one for each channel of the vector of inputs
const SUBGROUP_SIZE = 8u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> output_gradient: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> partials: array<f32>;

@compute @workgroup_size(SUBGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
  @builtin(subgroup_invocation_id) loader: u32,
) {
  let tile = workgroup_index(group, groups);
  // Neighbouring workgroups have the same channels of the wider map, and in turn all those of the narrower one. So the whole narrower map
  // stays in a core's cache beside a slice of the wider one.
  let columns_first = params.in_vectors > params.out_vectors;
  let inner_tiles = select(params.row_tiles, params.column_tiles, columns_first);
  let outer_tiles = select(params.column_tiles, params.row_tiles, columns_first);
  let inner = tile % inner_tiles;
  let outer = tile / inner_tiles % outer_tiles;
  let first_column = select(outer, inner, columns_first) * SUBGROUP_SIZE + lane;
  let first_row = select(inner, outer, columns_first) * LANE_IN_VECTORS;
  let tap_and_split = tile / (params.column_tiles * params.row_tiles);
  let taps = params.k_h * params.k_w;
  let tap = tap_and_split % taps;
  let split = tap_and_split / taps;
  if (split >= params.splits) { return; }

  // Past the last vector the tile repeats the last one, and stores nothing.
  let column = min(first_column, params.out_vectors - 1u);
  let row = min(first_row + loader % LANE_IN_VECTORS, params.in_vectors - 1u); // the vector that this lane loads

  let ky = tap / params.k_w;
  let kx = tap % params.k_w;
  let ys = reaching_outputs(ky, params.pad_top, params.in_h, params.out_h);
  let xs = reaching_outputs(kx, params.pad_left, params.in_w, params.out_w);
  let pixels = params.batch * ys.count * xs.count;
  let share = (pixels + params.splits - 1u) / params.splits;
  let begin = min(split * share, pixels);
  let end = min(begin + share, pixels);

  // Column, row and image of the first pixel, counted among the pixels whose tap is inside the map.
  let row_index = begin / xs.count;
  let place = vec3u(begin - row_index * xs.count, row_index % ys.count, row_index / ys.count);
  var x = place.x;
  var y = place.y;
  // Vectors from one pixel to the next, from one row to the next, and from one image to the next. The addresses advance
  // without divisions, which CPU adapters do lane by lane.
  let in_pitch = vec3u(params.stride, params.stride * params.in_w, params.in_h * params.in_w) * params.in_vectors;
  let out_pitch = vec3u(1u, params.out_w, params.out_h * params.out_w) * params.out_vectors;
  let first_in_y = ys.first * params.stride + ky * params.dilation - params.pad_top;
  let first_in_x = xs.first * params.stride + kx * params.dilation - params.pad_left;
  var in_at = dot(place, in_pitch) + (first_in_y * params.in_w + first_in_x) * params.in_vectors;
  var out_at = dot(place, out_pitch) + (ys.first * params.out_w + xs.first) * params.out_vectors;
  // Vectors by which the address advances in addition, where a row or an image ends.
  let size = vec2u(xs.count, ys.count);
  let in_turn = in_pitch.yz - size * in_pitch.xy;
  let out_turn = out_pitch.yz - size * out_pitch.xy;

  var sums: array<array<vec4f, LANE_VECTORS>, LANE_ROWS>;
  for (var pixel = begin; pixel < end; pixel++) {
    let gradient = output_gradient[out_at + column];
    let inputs = from_loaders(input[in_at + row]);
    for (var r = 0u; r < LANE_IN_VECTORS; r++) {
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
  var results = side_by_side(sums);
  let channels = 4u * min(LANE_IN_VECTORS, params.in_vectors - first_row);
  for (var c = 0u; c < channels; c++) {
    for (var o = 0u; o < 4u; o++) {
      let out_channel = (split * params.out_vectors + first_column) * 4u + o;
      let channel = (out_channel * params.in_vectors + first_row) * 4u + c;
      partials[channel * taps + tap] = results[c][o];
    }
  }
}
