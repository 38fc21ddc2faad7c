// The convolution of conv2d.wgsl, with the same buffers and parameters, for adapters whose subgroups have a fixed size. If UNPACKED,
// weight is [out_channels, in_vectors], a 1×1 one as PyTorch lays it: a vector of it is four input channels, not four outputs.
//
// A workgroup is one subgroup and computes (TILE_PIXELS · its size) pixels × TILE_VECTORS vectors, an even number. Lanes are pixels:
// each loads its own. Of the weights, which all need, each lane loads one vector in eight and hands it to the others by
// subgroupBroadcast, where in conv2d.wgsl every lane loads all of them: on a CPU adapter loads are what costs. A sum takes four
// multiply-adds in a row, so that it is fetched for them once: there may be more sums than registers.
//
//   statistics [row_tiles, 2 · out_vectors + 1]   if STATISTICS is 1: of each tile what batch_norm_merge.wgsl merges

enable subgroups;
// A workgroup is one subgroup, so what differs between workgroups does not differ within a subgroup.
diagnostic(off, subgroup_uniformity);

// Stored is f32 or f16, as the kernel says; all is computed in f32.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4<Stored>>;
@group(0) @binding(2) var<storage, read> weight: array<vec4<Stored>>;
@group(0) @binding(3) var<storage, read_write> bias: array<vec4<Stored>>;
@group(0) @binding(4) var<storage, read_write> residual: array<vec4<Stored>>;
@group(0) @binding(5) var<storage, read_write> output: array<vec4<Stored>>;
@group(0) @binding(6) var<storage, read_write> statistics: array<vec4f>;

struct Params {
  in_h: u32,
  in_w: u32,
  in_vectors: u32,
  out_h: u32,
  out_w: u32,
  out_vectors: u32,
  out_pitch: u32,
  out_offset: u32,
  pixels: u32, // n · out_h · out_w
  row_tiles: u32, // workgroups along the pixels
  k_h: u32,
  k_w: u32,
  stride: u32,
  dilation: u32,
  pad_top: u32,
  pad_left: u32,
  has_bias: u32,
  bias_pitch: u32, // 0: one bias for all images
  has_residual: u32,
  in_place: u32, // the residual is what the output holds before
  low: f32, // the activation: values are clamped to low … high
  high: f32,
}

override SUBGROUP_SIZE: u32;

const LOADS = TILE_VECTORS / 2u; // of the weights that a vector of the input meets, 4 · TILE_VECTORS vectors: by 8 lanes, this many each
const OUTSIDE = 0xffffffffu;

// An output pixel, and where its first tap is: coordinates before the map wrap round to large ones.
struct Pixel {
  image: u32,
  place: u32, // in the image, row by row
  y: u32,
  x: u32,
}

// Neighbours are the images at one place, then the next place: so those of a tile are close to each other, and a tap that is outside
// the map for one is likely outside for all. Once per pixel, not per tap: CPU adapters divide lane by lane.
fn pixel_at(index: u32) -> Pixel {
  let images = params.pixels / (params.out_h * params.out_w);
  let place = index / images;
  let row = place / params.out_w;
  let y = row * params.stride - params.pad_top;
  let x = (place - row * params.out_w) * params.stride - params.pad_left;
  // Past the last pixel every tap is outside.
  return Pixel(index - place * images, place, select(OUTSIDE / 2u, y, index < params.pixels), x);
}

// Index of the first vector of the input pixel under a tap, or OUTSIDE.
fn tap_address(pixel: Pixel, ky: u32, kx: u32) -> u32 {
  let y = pixel.y + ky * params.dilation;
  let x = pixel.x + kx * params.dilation;
  let inside = y < params.in_h && x < params.in_w;
  return select(OUTSIDE, ((pixel.image * params.in_h + y) * params.in_w + x) * params.in_vectors, inside);
}

// Comparisons rather than clamp, so that NaN stays NaN.
fn activate(value: vec4f) -> vec4f {
  let raised = select(value, vec4f(params.low), value < vec4f(params.low));
  return select(raised, vec4f(params.high), raised > vec4f(params.high));
}

// The sum of what all lanes have. Of eight lanes by broadcasts: CPU adapters make a loop over lanes of subgroupAdd.
fn added(value: vec4f) -> vec4f {
  var sum = value;
  for (var distance = 8u; distance < SUBGROUP_SIZE; distance *= 2u) { sum += subgroupShuffleXor(sum, distance); }
  return ((subgroupBroadcast(sum, 0) + subgroupBroadcast(sum, 1)) + (subgroupBroadcast(sum, 2) + subgroupBroadcast(sum, 3)))
    + ((subgroupBroadcast(sum, 4) + subgroupBroadcast(sum, 5)) + (subgroupBroadcast(sum, 6) + subgroupBroadcast(sum, 7)));
}

@compute @workgroup_size(SUBGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let tile = group.y * groups.x + group.x;
  let first_index = tile % params.row_tiles * SUBGROUP_SIZE * TILE_PIXELS + lane;
  let first_vector = tile / params.row_tiles * TILE_VECTORS;

  var pixels: array<Pixel, TILE_PIXELS>;
  for (var p = 0u; p < TILE_PIXELS; p++) { pixels[p] = pixel_at(first_index + p * SUBGROUP_SIZE); }
  // A vector of the input is multiplied with four rows of TILE_VECTORS vectors of the weight or, unpacked, with one of each output
  // channel: which of these this lane loads. Past the last vector or channel it repeats that, and nothing is stored.
  var columns: array<u32, LOADS>;
  for (var l = 0u; l < LOADS; l++) {
    let place = l * 8u + lane % 8u;
    if (UNPACKED == 1u) {
      columns[l] = min(first_vector * 4u + place, params.out_vectors * 4u - 1u) * params.in_vectors;
    } else {
      columns[l] = place / TILE_VECTORS * params.out_vectors + min(first_vector + place % TILE_VECTORS, params.out_vectors - 1u);
    }
  }
  let row_pitch = select(4u * params.out_vectors, 1u, UNPACKED == 1u);

  var sums: array<array<vec4f, TILE_VECTORS>, TILE_PIXELS>;
  for (var ky = 0u; ky < params.k_h; ky++) {
    for (var kx = 0u; kx < params.k_w; kx++) {
      var addresses: array<u32, TILE_PIXELS>;
      var nearest = OUTSIDE;
      for (var p = 0u; p < TILE_PIXELS; p++) {
        addresses[p] = tap_address(pixels[p], ky, kx);
        nearest = min(nearest, addresses[p]);
      }
      if (subgroupAll(nearest == OUTSIDE)) { continue; }

      var row = (ky * params.k_w + kx) * params.in_vectors * row_pitch;
      for (var i = 0u; i < params.in_vectors; i++) {
        var values: array<vec4f, TILE_PIXELS>;
        for (var p = 0u; p < TILE_PIXELS; p++) {
          let outside = addresses[p] == OUTSIDE;
          values[p] = select(vec4f(input[select(addresses[p] + i, 0u, outside)]), vec4f(0), outside);
        }
        var weights: array<vec4f, LOADS * 8u>;
        for (var l = 0u; l < LOADS; l++) {
          let loaded = vec4f(weight[row + columns[l]]);
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
              // Where the compiler takes vectors apart, to read four of them across costs nothing.
              var column = weights[c * TILE_VECTORS + v];
              if (UNPACKED == 1u) {
                column = vec4f(weights[4u * v][c], weights[4u * v + 1u][c], weights[4u * v + 2u][c], weights[4u * v + 3u][c]);
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
    let count = f32(min(TILE_PIXELS * SUBGROUP_SIZE, params.pixels - (first_index - lane)));
    // A lane for each mean, then one for each M2.
    var found = vec4f(0);
    for (var v = 0u; v < TILE_VECTORS; v++) {
      var sum = vec4f(0); // past the last pixel sums are 0
      for (var p = 0u; p < TILE_PIXELS; p++) { sum += sums[p][v]; }
      let mean = added(sum) / count;
      var squares = vec4f(0);
      for (var p = 0u; p < TILE_PIXELS; p++) {
        let distance = select(vec4f(0), sums[p][v] - mean, first_index + p * SUBGROUP_SIZE < params.pixels);
        squares += distance * distance;
      }
      let all_squares = added(squares);
      found = select(found, mean, lane == v);
      found = select(found, all_squares, lane == TILE_VECTORS + v);
    }
    let first = tile % params.row_tiles * (2u * params.out_vectors + 1u);
    let vector = first_vector + lane % TILE_VECTORS;
    if (lane < 2u * TILE_VECTORS && vector < params.out_vectors) {
      let is_mean = lane < TILE_VECTORS;
      if (is_mean && params.has_bias != 0u) { found += vec4f(bias[vector]); }
      statistics[first + select(params.out_vectors, 0u, is_mean) + vector] = found;
    }
    if (lane == 0u && first_vector == 0u) { statistics[first + 2u * params.out_vectors] = vec4f(count); }
  }

  // Stored in one loop whose number of turns no compiler knows: unrolled, it took most of the time that the whole shader takes to
  // compile. Its indices would keep `sums` and `pixels` from registers, so they are of copies.
  var results: array<vec4f, TILE_PIXELS * TILE_VECTORS>;
  var places: array<u32, TILE_PIXELS>;
  var biases: array<u32, TILE_PIXELS>;
  for (var p = 0u; p < TILE_PIXELS; p++) {
    for (var v = 0u; v < TILE_VECTORS; v++) { results[p * TILE_VECTORS + v] = sums[p][v]; }
    let pixel = pixels[p].image * params.out_h * params.out_w + pixels[p].place;
    places[p] = pixel * params.out_pitch + params.out_offset + first_vector;
    biases[p] = pixels[p].image * params.bias_pitch + first_vector;
  }
  let vectors = min(TILE_VECTORS, params.out_vectors - first_vector);
  var p = 0u;
  var v = 0u;
  while (p < TILE_PIXELS && first_index + p * SUBGROUP_SIZE < params.pixels) {
    var value = results[p * TILE_VECTORS + v];
    if (params.has_bias != 0u) { value += vec4f(bias[biases[p] + v]); }
    if (params.has_residual != 0u) { value += vec4f(residual[places[p] + v]); }
    if (params.in_place != 0u) { value += vec4f(output[places[p] + v]); }
    output[places[p] + v] = vec4<Stored>(activate(value));
    v++;
    if (v == vectors) { v = 0u; p++; }
  }
}
