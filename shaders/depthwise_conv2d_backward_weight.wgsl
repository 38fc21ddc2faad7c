// The gradient of depthwise_conv2d.wgsl with respect to its weight: for each channel and tap a sum over the output pixels.
//
//   input             [n, in_h, in_w, vectors]      vec4: four channels of the convolution's input
//   output_gradient   [n, out_h, out_w, vectors]    the gradient of its output
//   partials          [splits, vectors, 4, taps]    laid as PyTorch lays the weight; see conv2d_reduce_weight.wgsl
//
// One invocation adds up one vector of all taps, over its split's share of strips: pixels below each other, which it goes down
// with all that they need of the input loaded once, as depthwise_conv2d.wgsl does. Neighbouring invocations take neighbouring
// vectors.

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
  share: u32, // strips of a split
  places: u32, // n · strips · out_w
  strips: u32, // below each other
  strip_rows: u32, // see row_strips.ts
  step: u32,
  stride: u32,
  dilation: u32,
  pad_top: u32,
  pad_left: u32,
}

// Output pixels of a strip that one input row can belong to: from one of them to the next it is STRIDE taps.
const OPEN_ROWS = (K_H + STRIDE - 1u) / STRIDE;
const TAPS = K_H * K_W;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = (group.y * groups.x + group.x) * 64u + lane;
  let split = index / params.vectors;
  let vector = index - split * params.vectors;
  if (split >= params.splits) { return; }

  var sums: array<vec4f, TAPS>;
  for (var place = split * params.share; place < min((split + 1u) * params.share, params.places); place++) {
    let row = place / params.out_w;
    let out_x = place - row * params.out_w;
    let image = row / params.strips;
    // Strips that begin next to each other make a block, in which their rows alternate.
    let strip = row - image * params.strips;
    let block = strip / params.step;
    let first_y = block * (params.strip_rows - 1u) * params.step + strip;

    // Before the map, coordinates wrap round to large ones.
    let left = out_x * params.stride - params.pad_left;
    var in_y = first_y * params.stride - params.pad_top;
    var out_y = first_y;
    var gradients: array<vec4f, OPEN_ROWS>; // the newest pixel's comes first
    for (var open = 0u; open < OPEN_ROWS; open++) { gradients[open] = vec4f(0); }
    for (var newest = 0u; newest < params.strip_rows + OPEN_ROWS - 1u; newest++) {
      let before = gradients;
      for (var open = 1u; open < OPEN_ROWS; open++) { gradients[open] = before[open - 1u]; }
      let gradient = output_gradient[((image * params.out_h + out_y) * params.out_w + out_x) * params.vectors + vector];
      gradients[0] = select(vec4f(0), gradient, newest < params.strip_rows && out_y < params.out_h);
      out_y += params.step;

      for (var s = 0u; s < STRIDE; s++) {
        let in_row = (image * params.in_h + in_y) * params.in_w * params.vectors + vector;
        var values: array<vec4f, K_W>;
        for (var kx = 0u; kx < K_W; kx++) {
          let in_x = left + kx * params.dilation;
          let loaded = input[in_row + in_x * params.vectors];
          values[kx] = select(vec4f(0), loaded, in_y < params.in_h && in_x < params.in_w);
        }
        for (var kx = 0u; kx < K_W; kx++) {
          for (var open = 0u; open < OPEN_ROWS; open++) {
            let ky = open * STRIDE + s;
            if (ky < K_H) { sums[ky * K_W + kx] = fma(values[kx], gradients[open], sums[ky * K_W + kx]); }
          }
        }
        in_y += params.dilation;
      }
    }
  }

  for (var c = 0u; c < 4u; c++) {
    for (var k = 0u; k < TAPS; k++) { partials[((split * params.vectors + vector) * 4u + c) * TAPS + k] = sums[k][c]; }
  }
}
