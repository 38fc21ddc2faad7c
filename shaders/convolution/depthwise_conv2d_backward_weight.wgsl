// The gradient of depthwise_conv2d.wgsl by its weight: for each channel and tap, a sum over the output pixels.
//
//   input             [n, in_h, in_w, vectors]      vec4: four channels of the convolution's input
//   output_gradient   [n, out_h, out_w, vectors]    the gradient of its output
//   partials          [splits, vectors, 4, taps]    PyTorch's layout of the weight; see conv2d_reduce_weight.wgsl
//
// One invocation adds up one vector of all taps, over the strips of one split. A strip is output pixels below each
// other: the invocation goes down a strip and loads the input that its pixels share only once, as depthwise_conv2d.wgsl
// does. Neighbouring invocations take neighbouring vectors.

#import "lib/invocations.wgsl"

const K_H = 3u;
const K_W = 3u;
const LANE_K_H = 3u; // rows of taps of an invocation
const TAP_STEP = 1u; // from one output pixel of a strip to the next, an input row moves by this many taps

// Output pixels of a strip that need the same input row.
const OPEN_ROWS = (LANE_K_H + TAP_STEP - 1u) / TAP_STEP;
const TAPS = LANE_K_H * K_W;
const PARTS = K_H / LANE_K_H; // invocations for all rows of taps
const_assert PARTS * LANE_K_H == K_H;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> output_gradient: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> partials: array<f32>;

struct Params {
  in_h: u32,
  in_w: u32,
  out_h: u32,
  out_w: u32,
  vectors: u32,
  splits: u32,
  share: u32, // strips of one split
  places: u32, // n · strips · out_w
  strips: u32, // of an image, along its height; see src/kernels/row_strips.ts
  strip_rows: u32, // output pixels of a strip
  step: u32, // rows between them
  stride: u32,
  dilation: u32,
  pad_top: u32,
  pad_left: u32,
}

fn compute(index: u32) {
  let part = index / params.vectors;
  let vector = index - part * params.vectors;
  let split = part / PARTS;
  let first_ky = part % PARTS * LANE_K_H;
  if (split >= params.splits) { return; }

  var sums: array<vec4f, TAPS>;
  let end = min((split + 1u) * params.share, params.places);
  for (var place = split * params.share; place < end; place++) {
    let row = place / params.out_w;
    let out_x = place - row * params.out_w;
    let image = row / params.strips;
    // `step` strips that start in neighbouring rows make a block. In a block, the rows of the strips alternate.
    let strip = row - image * params.strips;
    let block = strip / params.step;
    let first_y = block * (params.strip_rows - 1u) * params.step + strip;

    // Coordinates before the map wrap round to large ones.
    let left = out_x * params.stride - params.pad_left;
    var in_y = first_y * params.stride + first_ky * params.dilation - params.pad_top;
    var out_y = first_y;
    var gradients = array<vec4f, OPEN_ROWS>(); // the newest pixel's comes first
    for (var newest = 0u; newest < params.strip_rows + OPEN_ROWS - 1u; newest++) {
      for (var i = 1u; i < OPEN_ROWS; i++) { gradients[OPEN_ROWS - i] = gradients[OPEN_ROWS - i - 1u]; }
      let out_at = ((image * params.out_h + out_y) * params.out_w + out_x) * params.vectors + vector;
      let gradient = output_gradient[out_at];
      gradients[0] = select(vec4f(0), gradient, newest < params.strip_rows && out_y < params.out_h);
      out_y += params.step;

      for (var s = 0u; s < min(TAP_STEP, LANE_K_H); s++) {
        let in_row = (image * params.in_h + in_y) * params.in_w * params.vectors + vector;
        var values = array<vec4f, K_W>();
        for (var kx = 0u; kx < K_W; kx++) {
          let in_x = left + kx * params.dilation;
          let loaded = input[in_row + in_x * params.vectors];
          values[kx] = select(vec4f(0), loaded, in_y < params.in_h && in_x < params.in_w);
        }
        for (var kx = 0u; kx < K_W; kx++) {
          for (var open = 0u; open < OPEN_ROWS; open++) {
            let ky = open * TAP_STEP + s;
            if (ky < LANE_K_H) { sums[ky * K_W + kx] = fma(values[kx], gradients[open], sums[ky * K_W + kx]); }
          }
        }
        in_y += params.dilation;
      }
      in_y += (TAP_STEP - min(TAP_STEP, LANE_K_H)) * params.dilation;
    }
  }

  for (var c = 0u; c < 4u; c++) {
    let first = (((split * params.vectors + vector) * 4u + c) * K_H + first_ky) * K_W;
    for (var k = 0u; k < TAPS; k++) { partials[first + k] = sums[k][c]; }
  }
}
