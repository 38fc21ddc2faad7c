// The gradient of conv2d.wgsl by its input, for strides above 1. At stride 1 it is a convolution, which conv2d.wgsl
// computes. A transposed convolution is the same computation. The buffers here are named as in conv2d.wgsl:
//
//   input    [n, out_h, out_w, out_vectors]           vec4: the gradient of the convolution's output
//   weight   [k_h, k_w, out_vectors, 4, in_vectors]   vec4: four input channels; the taps are reversed, see pack_transposed.wgsl
//   output   [n, in_h, in_w, in_vectors]              the gradient of the convolution's input
//
// A tap connects an input pixel with an output pixel only where their distance is a multiple of the stride. Which taps
// do so depends only on the pixel's coordinates modulo the stride, which are its phase. A workgroup takes pixels of one
// phase and skips the other taps: what remains is a small convolution of stride 1, with the loops of conv2d.wgsl. Every
// phase counts as many pixels as the largest phase, ⌈in_h / stride⌉ × ⌈in_w / stride⌉, so that its last pixels may be
// past the map.

#import "lib/conv2d_backward_input_params.wgsl"
#import "lib/pixel_address.wgsl"
#import "lib/workgroup_index.wgsl"

alias Stored = f32; // the type in memory; a kernel may replace it by f16. All arithmetic is in f32.

const LANE_PIXELS = 8u;
const LANE_VECTORS = 4u;
const LANES_X = 8u; // along the input channels
const LANES_Y = 4u; // along the pixels

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4<Stored>>;
@group(0) @binding(2) var<storage, read> weight: array<vec4<Stored>>;
@group(0) @binding(3) var<storage, read_write> output: array<vec4<Stored>>;

// A pixel of a phase: its image, and its place in the phase. Its coordinates in the map are place · stride + phase.
struct Pixel {
  image: u32,
  place: vec2u,
}

fn pixel_at(index: u32) -> Pixel {
  let row = index / params.phase_w;
  return Pixel(row / params.phase_h, vec2u(index % params.phase_w, row % params.phase_h));
}

// The index of the first vector of the pixel that is `shift` from this one in the output's gradient, or OUTSIDE.
fn tap_address(pixel: Pixel, shift: vec2u) -> u32 {
  return pixel_address(pixel.image, pixel.place + shift, vec2u(params.out_w, params.out_h), params.out_vectors);
}

@compute @workgroup_size(LANES_X, LANES_Y)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) lane: vec3u,
) {
  let tile = workgroup_index(group, groups);
  let phase_index = tile / params.row_tiles % (params.stride * params.stride);
  let phase = vec2u(phase_index % params.stride, phase_index / params.stride);
  let first_pixel = (tile % params.row_tiles * LANES_Y + lane.y) * LANE_PIXELS;
  let column_tile = tile / (params.row_tiles * params.stride * params.stride);
  let first_vector = column_tile * LANES_X * LANE_VECTORS + lane.x;

  // Past the map the taps are outside, and past the last vector the tile repeats the last one. Neither is stored.
  var pixels: array<Pixel, LANE_PIXELS>;
  var addresses: array<u32, LANE_PIXELS>; // of each pixel's first vector in `output`, or OUTSIDE
  for (var p = 0u; p < LANE_PIXELS; p++) {
    pixels[p] = pixel_at(first_pixel + p);
    let at = pixels[p].place * params.stride + phase;
    let address = pixel_address(pixels[p].image, at, vec2u(params.in_w, params.in_h), params.in_vectors);
    addresses[p] = select(OUTSIDE, address, first_pixel + p < params.phase_pixels);
  }
  var columns: array<u32, LANE_VECTORS>;
  for (var v = 0u; v < LANE_VECTORS; v++) {
    columns[v] = min(first_vector + v * LANES_X, params.in_vectors - 1u);
  }

  var sums: array<array<vec4f, LANE_VECTORS>, LANE_PIXELS>;
  let padded = phase + vec2u(params.pad_left, params.pad_top);
  // Without dilation, every stride-th tap connects. Of a transposed convolution, most of its many taps do not.
  let step = select(1u, params.stride, params.dilation == 1u);
  for (var ky = padded.y % step; ky < params.k_h; ky += step) {
    for (var kx = padded.x % step; kx < params.k_w; kx += step) {
      // The tap connects place p of the phase with output pixel p + shift, if the stride divides the distance.
      let from_origin = vec2i(padded) - vec2i(vec2u(kx, ky) * params.dilation);
      if (any(from_origin % i32(params.stride) != vec2i(0))) { continue; }
      let shift = vec2u(from_origin / i32(params.stride));

      var sources = array<u32, LANE_PIXELS>();
      var nearest = OUTSIDE;
      for (var p = 0u; p < LANE_PIXELS; p++) {
        sources[p] = select(OUTSIDE, tap_address(pixels[p], shift), addresses[p] != OUTSIDE);
        nearest = min(nearest, sources[p]);
      }
      if (nearest == OUTSIDE) { continue; }

      let tap = params.k_h * params.k_w - 1u - (ky * params.k_w + kx);
      var row = tap * params.out_vectors * 4u * params.in_vectors;
      for (var o = 0u; o < params.out_vectors; o++) {
        var values = array<vec4f, LANE_PIXELS>();
        for (var p = 0u; p < LANE_PIXELS; p++) {
          let value = vec4f(input[select(sources[p], nearest, sources[p] == OUTSIDE) + o]);
          values[p] = select(value, vec4f(0), sources[p] == OUTSIDE);
        }
        for (var c = 0u; c < 4u; c++) {
          for (var v = 0u; v < LANE_VECTORS; v++) {
            let w = vec4f(weight[row + columns[v]]);
            for (var p = 0u; p < LANE_PIXELS; p++) { sums[p][v] = fma(vec4f(values[p][c]), w, sums[p][v]); }
          }
          row += params.in_vectors;
        }
      }
    }
  }

  // The sums move up, and the first one is stored: so the store is compiled once, and no index is known only at run
  // time, which would keep the sums out of registers.
  let end_pixel = min(first_pixel + LANE_PIXELS, params.phase_pixels);
  let end_vector = min(first_vector + LANES_X * LANE_VECTORS, params.in_vectors);
  for (var p = first_pixel; p < end_pixel; p++) {
    for (var vector = first_vector; vector < end_vector; vector += LANES_X) {
      if (addresses[0] != OUTSIDE) { output[addresses[0] + vector] = vec4<Stored>(sums[0][0]); }
      for (var v = 1u; v < LANE_VECTORS; v++) { sums[0][v - 1u] = sums[0][v]; }
    }
    for (var r = 1u; r < LANE_PIXELS; r++) {
      sums[r - 1u] = sums[r];
      addresses[r - 1u] = addresses[r];
    }
  }
}
