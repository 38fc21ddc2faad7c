// Convolution with dilation: output = act(conv(input, weight) + bias + residual), NHWC, with channels in vec4s.
//
//   input    [n, in_h, in_w, in_vectors]              vec4: four channels; padded channels are zero
//   weight   [k_h, k_w, in_vectors, 4, out_vectors]   vec4: four output channels; see fold_batch_norm.wgsl
//   bias     [out_vectors], or [n, bias_pitch] for a bias per image; read if has_bias
//   residual has the output's shape; read if has_residual
//   output   [n, out_h, out_w, out_pitch]             this op writes out_vectors from out_offset on
//
// An implicit GEMM: rows are output pixels, columns are output channels, and the sum runs over taps and input channels.
// One invocation keeps a register tile of LANE_PIXELS × LANE_VECTORS. A workgroup is LANES_X such tiles along the
// columns by LANES_Y along the rows. A tap that is outside the map for all pixels of a tile is skipped: at large
// dilations, most taps are.

#import "lib/activate.wgsl"
#import "lib/conv2d_params.wgsl"
#import "lib/pixel_address.wgsl"
#import "lib/store_output.wgsl"
#import "lib/workgroup_index.wgsl"

alias Stored = f32; // the type in memory; a kernel may replace it by f16. All arithmetic is in f32.

const LANE_PIXELS = 8u;
const LANE_VECTORS = 4u;
const LANES_X = 8u; // along the output channels
const LANES_Y = 4u; // along the pixels

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4<Stored>>;
@group(0) @binding(2) var<storage, read> weight: array<vec4<Stored>>;
@group(0) @binding(3) var<storage, read_write> bias: array<vec4<Stored>>;
@group(0) @binding(4) var<storage, read_write> residual: array<vec4<Stored>>;
@group(0) @binding(5) var<storage, read_write> output: array<vec4<Stored>>;

// An output pixel: its image, its row and its column.
struct Pixel {
  image: u32,
  y: u32,
  x: u32,
}

fn pixel_at(index: u32) -> Pixel {
  let row = index / params.out_w;
  return Pixel(row / params.out_h, row % params.out_h, index % params.out_w);
}

// The pixel after this one in memory, without a division.
fn next_pixel(pixel: Pixel) -> Pixel {
  let ends_row = pixel.x + 1u == params.out_w;
  let ends_image = ends_row && pixel.y + 1u == params.out_h;
  let y = select(pixel.y + u32(ends_row), 0u, ends_image);
  return Pixel(pixel.image + u32(ends_image), y, select(pixel.x + 1u, 0u, ends_row));
}

// The index of the first vector of the input pixel under a tap, or OUTSIDE.
fn tap_address(pixel: Pixel, ky: u32, kx: u32) -> u32 {
  let y = pixel.y * params.stride + ky * params.dilation - params.pad_top;
  let x = pixel.x * params.stride + kx * params.dilation - params.pad_left;
  return pixel_address(pixel.image, vec2u(x, y), vec2u(params.in_w, params.in_h), params.in_vectors);
}

@compute @workgroup_size(LANES_X, LANES_Y)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) lane: vec3u,
) {
  let tile = workgroup_index(group, groups);
  let first_pixel = (tile % params.row_tiles * LANES_Y + lane.y) * LANE_PIXELS;
  let first_vector = tile / params.row_tiles * LANES_X * LANE_VECTORS + lane.x;

  // Past the last pixel the taps are outside, and past the last vector the tile repeats the last one. Neither is stored.
  var pixels: array<Pixel, LANE_PIXELS>;
  pixels[0] = pixel_at(first_pixel);
  for (var p = 1u; p < LANE_PIXELS; p++) { pixels[p] = next_pixel(pixels[p - 1u]); }
  var columns: array<u32, LANE_VECTORS>;
  for (var v = 0u; v < LANE_VECTORS; v++) {
    columns[v] = min(first_vector + v * LANES_X, params.out_vectors - 1u);
  }

  var sums: array<array<vec4f, LANE_VECTORS>, LANE_PIXELS>;
  for (var ky = 0u; ky < params.k_h; ky++) {
    for (var kx = 0u; kx < params.k_w; kx++) {
      var addresses = array<u32, LANE_PIXELS>();
      var nearest = OUTSIDE;
      for (var p = 0u; p < LANE_PIXELS; p++) {
        addresses[p] = select(OUTSIDE, tap_address(pixels[p], ky, kx), first_pixel + p < params.pixels);
        nearest = min(nearest, addresses[p]);
      }
      if (nearest == OUTSIDE) { continue; }

      var row = (ky * params.k_w + kx) * params.in_vectors * 4u * params.out_vectors;
      for (var i = 0u; i < params.in_vectors; i++) {
        var values = array<vec4f, LANE_PIXELS>();
        for (var p = 0u; p < LANE_PIXELS; p++) {
          let value = vec4f(input[select(addresses[p], nearest, addresses[p] == OUTSIDE) + i]);
          values[p] = select(value, vec4f(0), addresses[p] == OUTSIDE);
        }
        for (var c = 0u; c < 4u; c++) {
          for (var v = 0u; v < LANE_VECTORS; v++) {
            let w = vec4f(weight[row + columns[v]]);
            for (var p = 0u; p < LANE_PIXELS; p++) { sums[p][v] = fma(vec4f(values[p][c]), w, sums[p][v]); }
          }
          row += params.out_vectors;
        }
      }
    }
  }

  for (var p = 0u; p < LANE_PIXELS; p++) {
    let at = (first_pixel + p) * params.out_pitch + params.out_offset;
    for (var v = 0u; v < LANE_VECTORS; v++) {
      let vector = first_vector + v * LANES_X;
      if (first_pixel + p < params.pixels && vector < params.out_vectors) {
        store_output(sums[p][v], pixels[p].image * params.bias_pitch + vector, at + vector);
      }
    }
  }
}
