// Convolution with dilation: output = act(conv(input, weight) + bias + residual), NHWC in vec4 lanes.
//
//   input    [n, in_h, in_w, in_vectors]                      vec4: four channels; padded channels are zero
//   weight   [k_h, k_w, in_vectors, 4, out_vectors]           vec4: four output channels; see fold_batch_norm.wgsl
//   bias     [out_vectors], or [n, bias_pitch] for a bias per image; read if has_bias
//   residual the output's shape, read if has_residual; if in_place, it is what output holds before
//   output   [n, out_h, out_w, out_pitch], this op's out_vectors starting at out_offset
//
// An implicit GEMM: rows are output pixels, columns output channels, and the sum runs over taps and input channels. One
// invocation keeps a register tile of TILE_PIXELS × TILE_VECTORS; a workgroup is LANES_X tiles of columns by LANES_Y of
// rows. A tap that is outside the map for all pixels of a tile is skipped: at large dilations most are.

// Stored is f32 or f16, as the kernel says; all is computed in f32.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4<Stored>>;
@group(0) @binding(2) var<storage, read> weight: array<vec4<Stored>>;
@group(0) @binding(3) var<storage, read_write> bias: array<vec4<Stored>>;
@group(0) @binding(4) var<storage, read_write> residual: array<vec4<Stored>>;
@group(0) @binding(5) var<storage, read_write> output: array<vec4<Stored>>;

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
  in_place: u32,
  low: f32, // the activation: values are clamped to low … high
  high: f32,
}

override LANES_X: u32;
override LANES_Y: u32;

const OUTSIDE = 0xffffffffu;

// An output pixel: its image, its row and its column.
struct Pixel {
  n: u32,
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
  return Pixel(pixel.n + u32(ends_image), y, select(pixel.x + 1u, 0u, ends_row));
}

// Index of the first vector of the input pixel under a tap, or OUTSIDE.
fn tap_address(pixel: Pixel, ky: u32, kx: u32) -> u32 {
  // Negative coordinates wrap round to large ones, so one comparison tells.
  let y = pixel.y * params.stride + ky * params.dilation - params.pad_top;
  let x = pixel.x * params.stride + kx * params.dilation - params.pad_left;
  let inside = y < params.in_h && x < params.in_w;
  return select(OUTSIDE, ((pixel.n * params.in_h + y) * params.in_w + x) * params.in_vectors, inside);
}

// Comparisons rather than clamp, so that NaN stays NaN.
fn activate(value: vec4f) -> vec4f {
  let raised = select(value, vec4f(params.low), value < vec4f(params.low));
  return select(raised, vec4f(params.high), raised > vec4f(params.high));
}

@compute @workgroup_size(LANES_X, LANES_Y)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) lane: vec3u,
) {
  let tile = group.y * groups.x + group.x;
  let first_pixel = (tile % params.row_tiles * LANES_Y + lane.y) * TILE_PIXELS;
  let first_vector = tile / params.row_tiles * LANES_X * TILE_VECTORS + lane.x;

  // Past the last pixel the taps are outside; past the last vector a tile repeats it. Neither is stored.
  var pixels: array<Pixel, TILE_PIXELS>;
  pixels[0] = pixel_at(first_pixel);
  for (var p = 1u; p < TILE_PIXELS; p++) { pixels[p] = next_pixel(pixels[p - 1u]); }
  var columns: array<u32, TILE_VECTORS>;
  for (var v = 0u; v < TILE_VECTORS; v++) { columns[v] = min(first_vector + v * LANES_X, params.out_vectors - 1u); }

  var sums: array<array<vec4f, TILE_VECTORS>, TILE_PIXELS>;
  for (var ky = 0u; ky < params.k_h; ky++) {
    for (var kx = 0u; kx < params.k_w; kx++) {
      var addresses: array<u32, TILE_PIXELS>;
      var nearest = OUTSIDE;
      for (var p = 0u; p < TILE_PIXELS; p++) {
        addresses[p] = select(OUTSIDE, tap_address(pixels[p], ky, kx), first_pixel + p < params.pixels);
        nearest = min(nearest, addresses[p]);
      }
      if (nearest == OUTSIDE) { continue; }

      var row = (ky * params.k_w + kx) * params.in_vectors * 4u * params.out_vectors;
      for (var i = 0u; i < params.in_vectors; i++) {
        var values: array<vec4f, TILE_PIXELS>;
        for (var p = 0u; p < TILE_PIXELS; p++) {
          let value = vec4f(input[select(addresses[p], nearest, addresses[p] == OUTSIDE) + i]);
          values[p] = select(value, vec4f(0), addresses[p] == OUTSIDE);
        }
        for (var c = 0u; c < 4u; c++) {
          for (var v = 0u; v < TILE_VECTORS; v++) {
            let w = vec4f(weight[row + columns[v]]);
            for (var p = 0u; p < TILE_PIXELS; p++) { sums[p][v] = fma(vec4f(values[p][c]), w, sums[p][v]); }
          }
          row += params.out_vectors;
        }
      }
    }
  }

  for (var p = 0u; p < TILE_PIXELS; p++) {
    let at = (first_pixel + p) * params.out_pitch + params.out_offset;
    for (var v = 0u; v < TILE_VECTORS; v++) {
      let vector = first_vector + v * LANES_X;
      if (first_pixel + p < params.pixels && vector < params.out_vectors) {
        var value = sums[p][v];
        if (params.has_bias != 0u) { value += vec4f(bias[pixels[p].n * params.bias_pitch + vector]); }
        if (params.has_residual != 0u) { value += vec4f(residual[at + vector]); }
        if (params.in_place != 0u) { value += vec4f(output[at + vector]); }
        output[at + vector] = vec4<Stored>(activate(value));
      }
    }
  }
}
