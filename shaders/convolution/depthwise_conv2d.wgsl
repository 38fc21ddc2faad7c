// Depthwise convolution with dilation, where each channel has its own filter:
//
//   output = act(conv(input, weight) + bias + residual)
//
//   input    [n, in_h, in_w, vectors]      vec4: four channels
//   weight   [K_H, K_W, vectors]           see fold_batch_norm.wgsl
//   bias     [vectors]
//   residual has the output's shape; read if has_residual
//   output   [n, out_h, out_w, vectors]
//
// One invocation computes one vector of a strip: output pixels below each other, `step` rows apart. With this distance
// the taps of all pixels of a strip fall on the same input rows (at stride 1, `step` is the dilation). The invocation
// goes down these input rows, loads each once, and adds it to all the output pixels that need it. Neighbouring
// invocations take neighbouring vectors.

#import "lib/activate.wgsl"
#import "lib/invocations.wgsl"

alias Stored = f32; // the type in memory; a kernel may replace it by f16. All arithmetic is in f32.

const K_H = 3u;
const K_W = 3u;
const TAP_STEP = 1u; // from one output pixel of a strip to the next, an input row moves by this many taps

// Output pixels of a strip that need the same input row.
const OPEN_ROWS = (K_H + TAP_STEP - 1u) / TAP_STEP;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4<Stored>>;
@group(0) @binding(2) var<storage, read> weight: array<vec4<Stored>>;
@group(0) @binding(3) var<storage, read> bias: array<vec4<Stored>>;
@group(0) @binding(4) var<storage, read_write> residual: array<vec4<Stored>>;
@group(0) @binding(5) var<storage, read_write> output: array<vec4<Stored>>;

struct Params {
  in_h: u32,
  in_w: u32,
  out_h: u32,
  out_w: u32,
  vectors: u32,
  count: u32, // n · strips · out_w · vectors
  strips: u32, // of an image, along its height; see src/kernels/row_strips.ts
  strip_rows: u32, // output pixels of a strip
  step: u32, // rows between them
  stride: u32,
  dilation: u32,
  pad_top: u32,
  pad_left: u32,
  taps: u32, // K_H · K_W, as a parameter, so that no compiler unrolls the loop over them: that doubles the compile time
  has_residual: u32,
  low: f32, // the activation clamps to low … high
  high: f32,
}

fn compute(index: u32) {
  if (index >= params.count) { return; }
  let place = index / params.vectors;
  let vector = index - place * params.vectors;
  let row = place / params.out_w;
  let out_x = place - row * params.out_w;
  let image = row / params.strips;
  // `step` strips that start in neighbouring rows make a block. In a block, the rows of the strips alternate.
  let strip = row - image * params.strips;
  let block = strip / params.step;
  let first_y = block * (params.strip_rows - 1u) * params.step + strip;

  var weights: array<vec4f, K_H * K_W>;
  for (var k = 0u; k < params.taps; k++) { weights[k] = vec4f(weight[k * params.vectors + vector]); }
  let shift = vec4f(bias[vector]);

  // Coordinates before the map wrap round to large ones.
  let left = out_x * params.stride - params.pad_left;
  var in_y = first_y * params.stride - params.pad_top;
  var out_y = first_y - (OPEN_ROWS - 1u) * params.step;
  var sums: array<vec4f, OPEN_ROWS>; // the newest output row comes first
  for (var newest = 0u; newest < params.strip_rows + OPEN_ROWS - 1u; newest++) {
    for (var s = 0u; s < TAP_STEP; s++) {
      let in_row = (image * params.in_h + in_y) * params.in_w * params.vectors + vector;
      var values = array<vec4f, K_W>();
      for (var kx = 0u; kx < K_W; kx++) {
        let in_x = left + kx * params.dilation;
        let loaded = vec4f(input[in_row + in_x * params.vectors]);
        values[kx] = select(vec4f(0), loaded, in_y < params.in_h && in_x < params.in_w);
      }
      for (var kx = 0u; kx < K_W; kx++) {
        for (var open = 0u; open < OPEN_ROWS; open++) {
          let ky = open * TAP_STEP + s;
          if (ky < K_H) { sums[open] = fma(values[kx], weights[ky * K_W + kx], sums[open]); }
        }
      }
      in_y += params.dilation;
    }

    // The oldest output row is complete. In the first turns there is none yet.
    if (newest >= OPEN_ROWS - 1u && out_y < params.out_h) {
      let at = ((image * params.out_h + out_y) * params.out_w + out_x) * params.vectors + vector;
      var value = sums[OPEN_ROWS - 1u] + shift;
      if (params.has_residual != 0u) { value += vec4f(residual[at]); }
      output[at] = vec4<Stored>(activate(value));
    }
    out_y += params.step;

    for (var i = 1u; i < OPEN_ROWS; i++) { sums[OPEN_ROWS - i] = sums[OPEN_ROWS - i - 1u]; }
    sums[0] = vec4f(0);
  }
}
