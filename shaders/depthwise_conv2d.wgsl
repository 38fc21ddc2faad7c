// Depthwise convolution with dilation: each channel has a filter of its own. output = act(conv(input, weight) + bias + residual)
//
//   input    [n, in_h, in_w, vectors]      vec4: four channels
//   weight   [K_H, K_W, vectors], bias [vectors]: see fold_batch_norm.wgsl
//   residual the output's shape, read if has_residual
//   output   [n, out_h, out_w, vectors]
//
// One invocation computes one vector of a strip of pixels below each other. It goes down the input row by row, loads each once
// and adds it to all the output pixels that it belongs to. The pixels of a strip are `step` rows apart, so far that their taps
// fall on the same input rows: with stride 1, that is the dilation. Neighbouring invocations take neighbouring vectors.

// Stored is f32 or f16, as the kernel says; all is computed in f32.

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
  strips: u32, // below each other
  strip_rows: u32, // see row_strips.ts
  step: u32,
  stride: u32,
  dilation: u32,
  pad_top: u32,
  pad_left: u32,
  taps: u32, // K_H · K_W, told at run time: unrolled, the loop over them would be half of what there is to compile
  has_residual: u32,
  low: f32, // the activation: values are clamped to low … high
  high: f32,
}

// Output pixels of a strip that one input row can belong to: from one of them to the next it is STRIDE taps.
const OPEN_ROWS = (K_H + STRIDE - 1u) / STRIDE;

// Comparisons rather than clamp, so that NaN stays NaN.
fn activate(value: vec4f) -> vec4f {
  let raised = select(value, vec4f(params.low), value < vec4f(params.low));
  return select(raised, vec4f(params.high), raised > vec4f(params.high));
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = (group.y * groups.x + group.x) * 64u + lane;
  if (index >= params.count) { return; }
  let place = index / params.vectors;
  let vector = index - place * params.vectors;
  let row = place / params.out_w;
  let out_x = place - row * params.out_w;
  let image = row / params.strips;
  // Strips that begin next to each other make a block, in which their rows alternate.
  let strip = row - image * params.strips;
  let block = strip / params.step;
  let first_y = block * (params.strip_rows - 1u) * params.step + strip;

  var weights: array<vec4f, K_H * K_W>;
  for (var k = 0u; k < params.taps; k++) { weights[k] = vec4f(weight[k * params.vectors + vector]); }
  let shift = vec4f(bias[vector]);

  // Before the map, coordinates wrap round to large ones.
  let left = out_x * params.stride - params.pad_left;
  var in_y = first_y * params.stride - params.pad_top;
  var out_y = first_y - (OPEN_ROWS - 1u) * params.step;
  var sums: array<vec4f, OPEN_ROWS>; // the newest row comes first
  for (var newest = 0u; newest < params.strip_rows + OPEN_ROWS - 1u; newest++) {
    for (var s = 0u; s < STRIDE; s++) {
      let in_row = (image * params.in_h + in_y) * params.in_w * params.vectors + vector;
      var values: array<vec4f, K_W>;
      for (var kx = 0u; kx < K_W; kx++) {
        let in_x = left + kx * params.dilation;
        let loaded = vec4f(input[in_row + in_x * params.vectors]);
        values[kx] = select(vec4f(0), loaded, in_y < params.in_h && in_x < params.in_w);
      }
      for (var kx = 0u; kx < K_W; kx++) {
        for (var open = 0u; open < OPEN_ROWS; open++) {
          let ky = open * STRIDE + s;
          if (ky < K_H) { sums[open] = fma(values[kx], weights[ky * K_W + kx], sums[open]); }
        }
      }
      in_y += params.dilation;
    }

    // The oldest row is complete, but for the first rounds, which have none.
    if (newest >= OPEN_ROWS - 1u && out_y < params.out_h) {
      let at = ((image * params.out_h + out_y) * params.out_w + out_x) * params.vectors + vector;
      var value = sums[OPEN_ROWS - 1u] + shift;
      if (params.has_residual != 0u) { value += vec4f(residual[at]); }
      output[at] = vec4<Stored>(activate(value));
    }
    out_y += params.step;

    let before = sums;
    sums[0] = vec4f(0);
    for (var open = 1u; open < OPEN_ROWS; open++) { sums[open] = before[open - 1u]; }
  }
}
