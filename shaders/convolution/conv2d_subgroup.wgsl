// The convolution of conv2d.wgsl, with the same buffers and parameters, for adapters whose subgroups all have one size.
// If UNPACKED is 1, the weight is a 1×1 weight in PyTorch's layout, [out_channels, in_vectors]: a vector of it is four
// input channels of one output channel.
//
// A workgroup is one subgroup. It computes (LANE_PIXELS · SUBGROUP_SIZE) pixels × LANE_VECTORS vectors, an even number.
// Lanes are pixels: each lane loads its own. All lanes need all the weights: a few lanes load a vector each and hand it
// to the others by subgroupBroadcast, where conv2d.wgsl loads all weights in every lane. On CPU adapters loads cost
// most. A sum takes four multiply-adds in a row, so that it is fetched only once for the four: there may be more sums
// than registers. In subgroups of other sizes, from LOADERS on, the output is right and the statistics are NaN.
//
//   statistics [row_tiles, 2 · out_vectors + 1]   written if STATISTICS is 1: what batch_norm_merge.wgsl reads of each tile

enable subgroups;
// A subgroup is a workgroup or a part of one, so a value that is uniform in the workgroup is uniform in the subgroup.
diagnostic(off, subgroup_uniformity);

#import "lib/activate.wgsl"
#import "lib/conv2d_params.wgsl"
#import "lib/from_loaders.wgsl"
#import "lib/pixel_address.wgsl"
#import "lib/side_by_side.wgsl"
#import "lib/store_output.wgsl"
#import "lib/sum_over_lanes.wgsl"
#import "lib/workgroup_index.wgsl"

alias Stored = f32; // the type in memory; a kernel may replace it by f16. All arithmetic is in f32.

const LANE_PIXELS = 3u;
const LANE_VECTORS = 4u;
const LANE_ROWS = LANE_PIXELS;
const SUBGROUP_SIZE = 8u;
const UNPACKED = 0u; // 1: the weight is in PyTorch's layout
const STATISTICS = 0u; // 1: also writes `statistics`

// A vector of the input is multiplied with 4 · LANE_VECTORS vectors of the weight: so many for each loader.
const LOADS = 4u * LANE_VECTORS / LOADERS;
const NAN = 0x7fc00000u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4<Stored>>;
@group(0) @binding(2) var<storage, read> weight: array<vec4<Stored>>;
@group(0) @binding(3) var<storage, read_write> bias: array<vec4<Stored>>;
@group(0) @binding(4) var<storage, read_write> residual: array<vec4<Stored>>;
@group(0) @binding(5) var<storage, read_write> output: array<vec4<Stored>>;
@group(0) @binding(6) var<storage, read_write> statistics: array<vec4f>;

// A kernel may read this through a texture: see src/gpu/quirks/texture_reads.ts.
fn input_at(index: u32) -> vec4f { return vec4f(input[index]); }

// An output pixel, and the input coordinates of its first tap. Coordinates before the map wrap round to large ones.
struct Pixel {
  image: u32,
  place: u32, // index in the image, row by row
  y: u32,
  x: u32,
}

// All images at one place follow each other, then all images at the next place. So the pixels of a tile are close to
// each other, and a tap that is outside the map for one of them is likely outside for all. The divisions are done once
// per pixel and not per tap, because CPU adapters divide lane by lane.
fn pixel_at(index: u32) -> Pixel {
  let images = params.pixels / (params.out_h * params.out_w);
  let place = index / images;
  let row = place / params.out_w;
  let y = row * params.stride - params.pad_top;
  let x = (place - row * params.out_w) * params.stride - params.pad_left;
  // Past the last pixel every tap is outside.
  return Pixel(index - place * images, place, select(OUTSIDE / 2u, y, index < params.pixels), x);
}

// The index of the first vector of the input pixel under a tap, or OUTSIDE.
fn tap_address(pixel: Pixel, ky: u32, kx: u32) -> u32 {
  let y = pixel.y + ky * params.dilation;
  let x = pixel.x + kx * params.dilation;
  return pixel_address(pixel.image, vec2u(x, y), vec2u(params.in_w, params.in_h), params.in_vectors);
}

@compute @workgroup_size(SUBGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
  @builtin(subgroup_invocation_id) loader: u32,
  @builtin(subgroup_size) size: u32,
) {
  let tile = workgroup_index(group, groups);
  // Neighbouring workgroups have the same pixels, whose inputs stay in a core's cache.
  let column_tiles = (params.out_vectors + LANE_VECTORS - 1u) / LANE_VECTORS;
  let row_tile = tile / column_tiles;
  let first_index = row_tile * SUBGROUP_SIZE * LANE_PIXELS + lane;
  let first_vector = tile % column_tiles * LANE_VECTORS;

  var pixels: array<Pixel, LANE_PIXELS>;
  for (var p = 0u; p < LANE_PIXELS; p++) { pixels[p] = pixel_at(first_index + p * SUBGROUP_SIZE); }
  // The weights that this lane loads for a vector of the input: from four rows of LANE_VECTORS vectors or, if unpacked,
  // one vector of each output channel. Past the last vector or channel it repeats the last one, and nothing is stored.
  var columns: array<u32, LOADS>;
  for (var l = 0u; l < LOADS; l++) {
    let place = l * LOADERS + loader % LOADERS;
    if (UNPACKED == 1u) {
      columns[l] = min(first_vector * 4u + place, params.out_vectors * 4u - 1u) * params.in_vectors;
    } else {
      let vector = min(first_vector + place % LANE_VECTORS, params.out_vectors - 1u);
      columns[l] = place / LANE_VECTORS * params.out_vectors + vector;
    }
  }
  let row_pitch = select(4u * params.out_vectors, 1u, UNPACKED == 1u);

  var sums: array<array<vec4f, LANE_VECTORS>, LANE_PIXELS>;
  for (var ky = 0u; ky < params.k_h; ky++) {
    for (var kx = 0u; kx < params.k_w; kx++) {
      var addresses = array<u32, LANE_PIXELS>();
      var nearest = OUTSIDE;
      for (var p = 0u; p < LANE_PIXELS; p++) {
        addresses[p] = tap_address(pixels[p], ky, kx);
        nearest = min(nearest, addresses[p]);
      }
      if (subgroupAll(nearest == OUTSIDE)) { continue; }

      var row = (ky * params.k_w + kx) * params.in_vectors * row_pitch;
      for (var i = 0u; i < params.in_vectors; i++) {
        var values = array<vec4f, LANE_PIXELS>();
        for (var p = 0u; p < LANE_PIXELS; p++) {
          let outside = addresses[p] == OUTSIDE;
          values[p] = select(input_at(select(addresses[p] + i, 0u, outside)), vec4f(0), outside);
        }
        var weights = array<vec4f, LOADS * LOADERS>();
        for (var l = 0u; l < LOADS; l++) {
          let loaded = from_loaders(vec4f(weight[row + columns[l]]));
          for (var j = 0u; j < LOADERS; j++) { weights[l * LOADERS + j] = loaded[j]; }
        }
        for (var v = 0u; v < LANE_VECTORS; v++) {
          for (var p = 0u; p < LANE_PIXELS; p++) {
            for (var c = 0u; c < 4u; c++) {
              // To read across four vectors costs nothing where the compiler splits vectors into scalars.
              var column = weights[c * LANE_VECTORS + v];
              if (UNPACKED == 1u) {
                let w = 4u * v;
                column = vec4f(weights[w][c], weights[w + 1u][c], weights[w + 2u][c], weights[w + 3u][c]);
              }
              sums[p][v] = fma(vec4f(values[p][c]), column, sums[p][v]);
            }
          }
        }
        row += row_pitch;
      }
    }
  }

  if (STATISTICS == 1u) {
    let count = f32(min(LANE_PIXELS * SUBGROUP_SIZE, params.pixels - (first_index - lane)));
    // Each of the first lanes stores the mean and the M2 of one vector.
    var own_mean = vec4f(0);
    var own_squares = vec4f(0);
    for (var v = 0u; v < LANE_VECTORS; v++) {
      var sum = vec4f(0); // `sums` past the last pixel are 0
      for (var p = 0u; p < LANE_PIXELS; p++) { sum += sums[p][v]; }
      let mean = sum_over_lanes(sum) / count;
      var squares = vec4f(0);
      for (var p = 0u; p < LANE_PIXELS; p++) {
        let distance = select(vec4f(0), sums[p][v] - mean, first_index + p * SUBGROUP_SIZE < params.pixels);
        squares += distance * distance;
      }
      own_mean = select(own_mean, mean, lane == v);
      own_squares = select(own_squares, sum_over_lanes(squares), lane == v);
    }
    let first = row_tile * (2u * params.out_vectors + 1u);
    let vector = first_vector + lane;
    if (lane < LANE_VECTORS && vector < params.out_vectors) {
      if (params.has_bias != 0u) { own_mean += vec4f(bias[vector]); }
      let means = select(bitcast<vec4u>(own_mean), vec4u(NAN), size != SUBGROUP_SIZE);
      statistics[first + vector] = bitcast<vec4f>(means);
      statistics[first + params.out_vectors + vector] = own_squares;
    }
    if (lane == 0u && first_vector == 0u) { statistics[first + 2u * params.out_vectors] = vec4f(count); }
  }

  var results = side_by_side(sums);
  var places: array<u32, LANE_PIXELS>;
  var biases: array<u32, LANE_PIXELS>;
  for (var p = 0u; p < LANE_PIXELS; p++) {
    let pixel = pixels[p].image * params.out_h * params.out_w + pixels[p].place;
    places[p] = pixel * params.out_pitch + params.out_offset + first_vector;
    biases[p] = pixels[p].image * params.bias_pitch + first_vector;
  }
  let vectors = min(LANE_VECTORS, params.out_vectors - first_vector);
  var p = 0u;
  var v = 0u;
  while (p < LANE_PIXELS && first_index + p * SUBGROUP_SIZE < params.pixels) {
    store_output(results[p * LANE_VECTORS + v], biases[p] + v, places[p] + v);
    v++;
    if (v == vectors) { v = 0u; p++; }
  }
}
