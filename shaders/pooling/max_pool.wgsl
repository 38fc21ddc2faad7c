// The maximum over a window. As in PyTorch, padding does not count and NaN wins. Each window has at least one pixel
// inside the map.
//
//   input    [n, in_h, in_w, vectors]     vec4: four channels
//   output   [n, out_h, out_w, vectors]
//
// One invocation computes one vector of a strip: output pixels below each other. It goes down the input row by row, and
// loads each row once for all the output pixels that need it. In place of a pixel in the padding it takes the nearest
// pixel of the map. That pixel is in the same window, so the maximum stays the same, and no −∞ is needed to start from.

#import "lib/invocations.wgsl"
#import "lib/is_nan.wgsl"

alias Stored = f32; // the type in memory; a kernel may replace it by f16. All arithmetic is in f32.

const K_H = 3u;
const K_W = 3u;
const STRIDE = 2u;

// Output pixels that need the same input row.
const OPEN_ROWS = (K_H + STRIDE - 1u) / STRIDE;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4<Stored>>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4<Stored>>;

struct Params {
  in_h: u32,
  in_w: u32,
  out_h: u32,
  out_w: u32,
  vectors: u32,
  count: u32, // n · strips · out_w · vectors
  strips: u32, // of an image, along its height; see src/kernels/row_strips.ts
  strip_rows: u32, // output pixels of a strip
  pad_top: u32,
  pad_left: u32,
}

fn maximum(a: vec4f, b: vec4f) -> vec4f {
  return select(a, b, (b > a) | is_nan(b));
}

fn compute(index: u32) {
  if (index >= params.count) { return; }
  let place = index / params.vectors;
  let vector = index - place * params.vectors;
  let row = place / params.out_w;
  let out_x = place - row * params.out_w;
  let image = row / params.strips;
  let first_y = (row - image * params.strips) * params.strip_rows;

  let left = i32(out_x * STRIDE) - i32(params.pad_left);
  let last = vec2i(vec2u(params.in_w, params.in_h)) - 1;
  var in_y = i32(first_y * STRIDE) - i32(params.pad_top);
  var out_y = first_y - (OPEN_ROWS - 1u);
  var best: array<vec4f, OPEN_ROWS>; // the newest output row comes first
  for (var newest = 0u; newest < params.strip_rows + OPEN_ROWS - 1u; newest++) {
    for (var s = 0u; s < STRIDE; s++) {
      let in_row = (image * params.in_h + u32(clamp(in_y, 0, last.y))) * params.in_w;
      var row_best = vec4f(0);
      for (var kx = 0u; kx < K_W; kx++) {
        let in_x = u32(clamp(left + i32(kx), 0, last.x));
        let loaded = vec4f(input[(in_row + in_x) * params.vectors + vector]);
        row_best = select(maximum(row_best, loaded), loaded, kx == 0u);
      }
      for (var open = 0u; open < OPEN_ROWS; open++) {
        let ky = open * STRIDE + s;
        if (ky < K_H) { best[open] = select(maximum(best[open], row_best), row_best, ky == 0u); }
      }
      in_y++;
    }

    // The oldest output row is complete. In the first turns there is none yet.
    if (newest >= OPEN_ROWS - 1u && out_y < params.out_h) {
      let at = ((image * params.out_h + out_y) * params.out_w + out_x) * params.vectors + vector;
      output[at] = vec4<Stored>(best[OPEN_ROWS - 1u]);
    }
    out_y++;

    for (var i = 1u; i < OPEN_ROWS; i++) { best[OPEN_ROWS - i] = best[OPEN_ROWS - i - 1u]; }
  }
}
