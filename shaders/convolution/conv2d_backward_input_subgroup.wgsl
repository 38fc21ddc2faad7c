// The input gradient of conv2d_backward_input.wgsl, with the same buffers and parameters, for adapters whose subgroups
// all have one size.
//
// A workgroup is one subgroup. It computes, for one phase, (LANE_PIXELS · SUBGROUP_SIZE) pixels × LANE_VECTORS vectors,
// an even number. Lanes are pixels: each lane loads its own. All lanes need all the weights: a few lanes load a vector
// each and hand it to the others by subgroupBroadcast, with the loops of conv2d_subgroup.wgsl. The output is right for
// subgroups of every size from LOADERS on.

enable subgroups;
// A subgroup is a workgroup or a part of one, so a value that is uniform in the workgroup is uniform in the subgroup.
diagnostic(off, subgroup_uniformity);

#import "lib/conv2d_backward_input_params.wgsl"
#import "lib/from_loaders.wgsl"
#import "lib/pixel_address.wgsl"
#import "lib/side_by_side.wgsl"
#import "lib/workgroup_index.wgsl"

const LANE_PIXELS = 3u;
const LANE_VECTORS = 4u;
const LANE_ROWS = LANE_PIXELS;
const SUBGROUP_SIZE = 8u;

// A vector of the input is multiplied with 4 · LANE_VECTORS vectors of the weight. Each loader loads this many of them.
const LOADS = 4u * LANE_VECTORS / LOADERS;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> output: array<vec4f>;

// A kernel may read these through textures: see src/gpu/quirks/texture_reads.ts.
fn input_at(index: u32) -> vec4f { return vec4f(input[index]); }
fn weight_at(index: u32) -> vec4f { return vec4f(weight[index]); }

// A pixel of a phase: its image, and its place in the phase. Its coordinates in the map are place · stride + phase.
struct Pixel {
  image: u32,
  place: vec2u,
  address: u32, // of its first vector in `output`, or OUTSIDE
}

// As in conv2d_subgroup.wgsl: all images at one place follow each other, then all images at the next place.
fn pixel_at(index: u32, phase: vec2u) -> Pixel {
  let images = params.phase_pixels / (params.phase_h * params.phase_w);
  let at = index / images;
  let image = index - at * images;
  let row = at / params.phase_w;
  let place = vec2u(at - row * params.phase_w, row);
  let pixel = place * params.stride + phase;
  let address = pixel_address(image, pixel, vec2u(params.in_w, params.in_h), params.in_vectors);
  return Pixel(image, place, select(OUTSIDE, address, index < params.phase_pixels));
}

// The index of the first vector of the pixel that is `shift` from this one in the output's gradient, or OUTSIDE.
fn tap_address(pixel: Pixel, shift: vec2u) -> u32 {
  let size = vec2u(params.out_w, params.out_h);
  let address = pixel_address(pixel.image, pixel.place + shift, size, params.out_vectors);
  return select(OUTSIDE, address, pixel.address != OUTSIDE);
}

@compute @workgroup_size(SUBGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
  @builtin(subgroup_invocation_id) loader: u32,
) {
  let tile = workgroup_index(group, groups);
  let phase_index = tile / params.row_tiles % (params.stride * params.stride);
  let phase = vec2u(phase_index % params.stride, phase_index / params.stride);
  let first_index = tile % params.row_tiles * SUBGROUP_SIZE * LANE_PIXELS + lane;
  let first_vector = tile / (params.row_tiles * params.stride * params.stride) * LANE_VECTORS;

  var pixels: array<Pixel, LANE_PIXELS>;
  for (var p = 0u; p < LANE_PIXELS; p++) { pixels[p] = pixel_at(first_index + p * SUBGROUP_SIZE, phase); }
  // The weights that this lane loads. Past the last vector it repeats the last one, and nothing is stored.
  var columns: array<u32, LOADS>;
  for (var l = 0u; l < LOADS; l++) {
    let place = l * LOADERS + loader % LOADERS;
    let vector = min(first_vector + place % LANE_VECTORS, params.in_vectors - 1u);
    columns[l] = place / LANE_VECTORS * params.in_vectors + vector;
  }

  var sums: array<array<vec4f, LANE_VECTORS>, LANE_PIXELS>;
  for (var ky = 0u; ky < params.k_h; ky++) {
    for (var kx = 0u; kx < params.k_w; kx++) {
      // The tap connects place p of the phase with output pixel p + shift, if the stride divides the distance.
      let padded = phase + vec2u(params.pad_left, params.pad_top);
      let from_origin = vec2i(padded) - vec2i(vec2u(kx, ky) * params.dilation);
      if (any(from_origin % i32(params.stride) != vec2i(0))) { continue; }
      let shift = vec2u(from_origin / i32(params.stride));

      var addresses = array<u32, LANE_PIXELS>();
      var nearest = OUTSIDE;
      for (var p = 0u; p < LANE_PIXELS; p++) {
        addresses[p] = tap_address(pixels[p], shift);
        nearest = min(nearest, addresses[p]);
      }
      if (subgroupAll(nearest == OUTSIDE)) { continue; }

      let tap = params.k_h * params.k_w - 1u - (ky * params.k_w + kx);
      var row = tap * params.out_vectors * 4u * params.in_vectors;
      for (var o = 0u; o < params.out_vectors; o++) {
        var values = array<vec4f, LANE_PIXELS>();
        for (var p = 0u; p < LANE_PIXELS; p++) {
          let outside = addresses[p] == OUTSIDE;
          values[p] = select(input_at(select(addresses[p] + o, 0u, outside)), vec4f(0), outside);
        }
        var weights = array<vec4f, LOADS * LOADERS>();
        for (var l = 0u; l < LOADS; l++) {
          let loaded = from_loaders(weight_at(row + columns[l]));
          for (var j = 0u; j < LOADERS; j++) { weights[l * LOADERS + j] = loaded[j]; }
        }
        for (var v = 0u; v < LANE_VECTORS; v++) {
          for (var p = 0u; p < LANE_PIXELS; p++) {
            for (var c = 0u; c < 4u; c++) {
              sums[p][v] = fma(vec4f(values[p][c]), weights[c * LANE_VECTORS + v], sums[p][v]);
            }
          }
        }
        row += 4u * params.in_vectors;
      }
    }
  }

  var results = side_by_side(sums);
  var places: array<u32, LANE_PIXELS>;
  for (var p = 0u; p < LANE_PIXELS; p++) { places[p] = pixels[p].address; }
  let vectors = min(LANE_VECTORS, params.in_vectors - first_vector);
  var p = 0u;
  var v = 0u;
  while (p < LANE_PIXELS) {
    if (places[p] != OUTSIDE) { output[places[p] + first_vector + v] = results[p * LANE_VECTORS + v]; }
    v++;
    if (v == vectors) { v = 0u; p++; }
  }
}
