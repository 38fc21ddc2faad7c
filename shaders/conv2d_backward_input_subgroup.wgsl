// The input gradient of conv2d_backward_input.wgsl, with the same buffers and parameters, for adapters whose subgroups have a fixed
// size.
//
// A workgroup is one subgroup and computes, of one phase, (TILE_PIXELS · its size) pixels × TILE_VECTORS vectors, an even number.
// Lanes are pixels: each loads its own. Of the weights, which all need, each lane loads one vector in eight and hands it to the
// others by subgroupBroadcast, as in conv2d_subgroup.wgsl, whose loops these are.

enable subgroups;
// A workgroup is one subgroup, so what differs between workgroups does not differ within a subgroup.
diagnostic(off, subgroup_uniformity);

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> output: array<vec4f>;

struct Params {
  in_h: u32,
  in_w: u32,
  in_vectors: u32,
  out_h: u32,
  out_w: u32,
  out_vectors: u32,
  phase_h: u32,
  phase_w: u32,
  phase_pixels: u32, // n · phase_h · phase_w
  row_tiles: u32, // workgroups along the pixels of a phase
  k_h: u32,
  k_w: u32,
  stride: u32,
  dilation: u32,
  pad_top: u32,
  pad_left: u32,
}

override SUBGROUP_SIZE: u32;

const LOADS = TILE_VECTORS / 2u; // of the weights that a vector of the input meets, 4 rows of TILE_VECTORS: by 8 lanes, this many each
const OUTSIDE = 0xffffffffu;

// A pixel of a phase: its image, and its place in the phase. In the input it is at place · stride + phase.
struct Pixel {
  image: u32,
  place: vec2u,
  address: u32, // of its first vector in the output, or OUTSIDE
}

// Neighbours are the images at one place, then the next place, as in conv2d_subgroup.wgsl.
fn pixel_at(index: u32, phase: vec2u) -> Pixel {
  let images = params.phase_pixels / (params.phase_h * params.phase_w);
  let at = index / images;
  let image = index - at * images;
  let row = at / params.phase_w;
  let place = vec2u(at - row * params.phase_w, row);
  let pixel = place * params.stride + phase;
  let inside = index < params.phase_pixels && all(pixel < vec2u(params.in_w, params.in_h));
  let address = ((image * params.in_h + pixel.y) * params.in_w + pixel.x) * params.in_vectors;
  return Pixel(image, place, select(OUTSIDE, address, inside));
}

// Index of the first vector of the output pixel that a tap carries this one to, or OUTSIDE.
fn tap_address(pixel: Pixel, shift: vec2u) -> u32 {
  // Negative coordinates wrap round to large ones, so one comparison tells.
  let at = pixel.place + shift;
  let inside = at.y < params.out_h && at.x < params.out_w && pixel.address != OUTSIDE;
  return select(OUTSIDE, ((pixel.image * params.out_h + at.y) * params.out_w + at.x) * params.out_vectors, inside);
}

@compute @workgroup_size(SUBGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let tile = group.y * groups.x + group.x;
  let phase_index = tile / params.row_tiles % (params.stride * params.stride);
  let phase = vec2u(phase_index % params.stride, phase_index / params.stride);
  let first_index = tile % params.row_tiles * SUBGROUP_SIZE * TILE_PIXELS + lane;
  let first_vector = tile / (params.row_tiles * params.stride * params.stride) * TILE_VECTORS;

  var pixels: array<Pixel, TILE_PIXELS>;
  for (var p = 0u; p < TILE_PIXELS; p++) { pixels[p] = pixel_at(first_index + p * SUBGROUP_SIZE, phase); }
  // Which of the weights that a vector of the input meets this lane loads. Past the last vector it repeats that, and nothing is stored.
  var columns: array<u32, LOADS>;
  for (var l = 0u; l < LOADS; l++) {
    let place = l * 8u + lane % 8u;
    columns[l] = place / TILE_VECTORS * params.in_vectors + min(first_vector + place % TILE_VECTORS, params.in_vectors - 1u);
  }

  var sums: array<array<vec4f, TILE_VECTORS>, TILE_PIXELS>;
  for (var ky = 0u; ky < params.k_h; ky++) {
    for (var kx = 0u; kx < params.k_w; kx++) {
      // Where the tap carries the pixel of place 0, and with it all: from place to place the output steps by one.
      let from_origin = vec2i(phase + vec2u(params.pad_left, params.pad_top)) - vec2i(vec2u(kx, ky) * params.dilation);
      if (any(from_origin % i32(params.stride) != vec2i(0))) { continue; }
      let shift = vec2u(from_origin / i32(params.stride));

      var addresses: array<u32, TILE_PIXELS>;
      var nearest = OUTSIDE;
      for (var p = 0u; p < TILE_PIXELS; p++) {
        addresses[p] = tap_address(pixels[p], shift);
        nearest = min(nearest, addresses[p]);
      }
      if (subgroupAll(nearest == OUTSIDE)) { continue; }

      let tap = params.k_h * params.k_w - 1u - (ky * params.k_w + kx);
      var row = tap * params.out_vectors * 4u * params.in_vectors;
      for (var o = 0u; o < params.out_vectors; o++) {
        var values: array<vec4f, TILE_PIXELS>;
        for (var p = 0u; p < TILE_PIXELS; p++) {
          let outside = addresses[p] == OUTSIDE;
          values[p] = select(input[select(addresses[p] + o, 0u, outside)], vec4f(0), outside);
        }
        var weights: array<vec4f, LOADS * 8u>;
        for (var l = 0u; l < LOADS; l++) {
          let loaded = weight[row + columns[l]];
          weights[l * 8u] = subgroupBroadcast(loaded, 0);
          weights[l * 8u + 1u] = subgroupBroadcast(loaded, 1);
          weights[l * 8u + 2u] = subgroupBroadcast(loaded, 2);
          weights[l * 8u + 3u] = subgroupBroadcast(loaded, 3);
          weights[l * 8u + 4u] = subgroupBroadcast(loaded, 4);
          weights[l * 8u + 5u] = subgroupBroadcast(loaded, 5);
          weights[l * 8u + 6u] = subgroupBroadcast(loaded, 6);
          weights[l * 8u + 7u] = subgroupBroadcast(loaded, 7);
        }
        for (var v = 0u; v < TILE_VECTORS; v++) {
          for (var p = 0u; p < TILE_PIXELS; p++) {
            for (var c = 0u; c < 4u; c++) {
              sums[p][v] = fma(vec4f(values[p][c]), weights[c * TILE_VECTORS + v], sums[p][v]);
            }
          }
        }
        row += 4u * params.in_vectors;
      }
    }
  }

  // Stored in a loop whose number of turns no compiler knows, of copies, as in conv2d_subgroup.wgsl: it compiles faster.
  var results: array<vec4f, TILE_PIXELS * TILE_VECTORS>;
  var places: array<u32, TILE_PIXELS>;
  for (var p = 0u; p < TILE_PIXELS; p++) {
    for (var v = 0u; v < TILE_VECTORS; v++) { results[p * TILE_VECTORS + v] = sums[p][v]; }
    places[p] = pixels[p].address;
  }
  let vectors = min(TILE_VECTORS, params.in_vectors - first_vector);
  var p = 0u;
  var v = 0u;
  while (p < TILE_PIXELS) {
    if (places[p] != OUTSIDE) { output[places[p] + first_vector + v] = results[p * TILE_VECTORS + v]; }
    v++;
    if (v == vectors) { v = 0u; p++; }
  }
}
