// The gradient of conv2d.wgsl with respect to its input, for strides above 1 (at stride 1 it is conv2d.wgsl itself).
// Buffers are named by their part here, as in conv2d.wgsl, whose place this takes:
//
//   input    [n, out_h, out_w, out_vectors]                   vec4: the gradient of the convolution's output
//   weight   [k_h, k_w, out_vectors, 4, in_vectors]           vec4: four input channels; taps reversed, see pack_transposed.wgsl
//   output   [n, in_h, in_w, in_vectors]                      the gradient of its input
//
// A tap carries an input pixel to an output pixel only where their distance divides by the stride. Which taps do depends on
// the pixel's coordinates modulo the stride alone: its phase. So a workgroup takes pixels of one phase and leaves the other
// taps out; what is left is, phase by phase, a small convolution of stride 1, whose loops are those of conv2d.wgsl. All
// phases have as many pixels as the largest, ⌈in_h / stride⌉ × ⌈in_w / stride⌉: the last may lie past the map.

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

override LANES_X: u32;
override LANES_Y: u32;

const OUTSIDE = 0xffffffffu;

// A pixel of a phase: its image, and its place in the phase. In the input it is at place · stride + phase.
struct Pixel {
  n: u32,
  place: vec2u,
}

fn pixel_at(index: u32) -> Pixel {
  let row = index / params.phase_w;
  return Pixel(row / params.phase_h, vec2u(index % params.phase_w, row % params.phase_h));
}

// Index of the first vector of the output pixel that a tap carries this one to, or OUTSIDE.
fn tap_address(pixel: Pixel, shift: vec2u) -> u32 {
  // Negative coordinates wrap round to large ones, so one comparison tells.
  let at = pixel.place + shift;
  let inside = at.y < params.out_h && at.x < params.out_w;
  return select(OUTSIDE, ((pixel.n * params.out_h + at.y) * params.out_w + at.x) * params.out_vectors, inside);
}

@compute @workgroup_size(LANES_X, LANES_Y)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) lane: vec3u,
) {
  let tile = group.y * groups.x + group.x;
  let phase_index = tile / params.row_tiles % (params.stride * params.stride);
  let phase = vec2u(phase_index % params.stride, phase_index / params.stride);
  let first_pixel = (tile % params.row_tiles * LANES_Y + lane.y) * TILE_PIXELS;
  let column_tile = tile / (params.row_tiles * params.stride * params.stride);
  let first_vector = column_tile * LANES_X * TILE_VECTORS + lane.x;

  // Past the map the taps are outside; past the last vector a tile repeats it. Neither is stored.
  var pixels: array<Pixel, TILE_PIXELS>;
  var addresses: array<u32, TILE_PIXELS>; // of the first vector in the output, or OUTSIDE
  for (var p = 0u; p < TILE_PIXELS; p++) {
    pixels[p] = pixel_at(first_pixel + p);
    let at = pixels[p].place * params.stride + phase;
    let inside = first_pixel + p < params.phase_pixels && all(at < vec2u(params.in_w, params.in_h));
    addresses[p] = select(OUTSIDE, ((pixels[p].n * params.in_h + at.y) * params.in_w + at.x) * params.in_vectors, inside);
  }
  var columns: array<u32, TILE_VECTORS>;
  for (var v = 0u; v < TILE_VECTORS; v++) { columns[v] = min(first_vector + v * LANES_X, params.in_vectors - 1u); }

  var sums: array<array<vec4f, TILE_VECTORS>, TILE_PIXELS>;
  for (var ky = 0u; ky < params.k_h; ky++) {
    for (var kx = 0u; kx < params.k_w; kx++) {
      // Where the tap carries the pixel of place 0, and with it all: from place to place the output steps by one.
      let from_origin = vec2i(phase + vec2u(params.pad_left, params.pad_top)) - vec2i(vec2u(kx, ky) * params.dilation);
      if (any(from_origin % i32(params.stride) != vec2i(0))) { continue; }
      let shift = vec2u(from_origin / i32(params.stride));

      var sources: array<u32, TILE_PIXELS>;
      var nearest = OUTSIDE;
      for (var p = 0u; p < TILE_PIXELS; p++) {
        sources[p] = select(OUTSIDE, tap_address(pixels[p], shift), addresses[p] != OUTSIDE);
        nearest = min(nearest, sources[p]);
      }
      if (nearest == OUTSIDE) { continue; }

      let tap = params.k_h * params.k_w - 1u - (ky * params.k_w + kx);
      var row = tap * params.out_vectors * 4u * params.in_vectors;
      for (var o = 0u; o < params.out_vectors; o++) {
        var values: array<vec4f, TILE_PIXELS>;
        for (var p = 0u; p < TILE_PIXELS; p++) {
          let value = input[select(sources[p], nearest, sources[p] == OUTSIDE) + o];
          values[p] = select(value, vec4f(0), sources[p] == OUTSIDE);
        }
        for (var c = 0u; c < 4u; c++) {
          for (var v = 0u; v < TILE_VECTORS; v++) {
            let w = weight[row + columns[v]];
            for (var p = 0u; p < TILE_PIXELS; p++) { sums[p][v] = fma(vec4f(values[p][c]), w, sums[p][v]); }
          }
          row += params.in_vectors;
        }
      }
    }
  }

  for (var p = 0u; p < TILE_PIXELS; p++) {
    for (var v = 0u; v < TILE_VECTORS; v++) {
      let vector = first_vector + v * LANES_X;
      if (addresses[p] != OUTSIDE && vector < params.in_vectors) { output[addresses[p] + vector] = sums[p][v]; }
    }
  }
}
