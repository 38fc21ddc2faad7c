// Depthwise convolution with dilation: each channel has a filter of its own. output = act(conv(input, weight) + bias + residual)
//
//   input    [n, in_h, in_w, vectors]      vec4: four channels
//   weight   [k_h, k_w, vectors], bias [vectors]: see fold_batch_norm.wgsl
//   residual the output's shape, read if has_residual
//   output   [n, out_h, out_w, vectors]
//
// One invocation computes one vector of TILE_PIXELS neighbouring pixels, so that a weight is loaded once for all of them.
// Neighbouring invocations take neighbouring vectors.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read> bias: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> residual: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> output: array<vec4f>;

struct Params {
  in_h: u32,
  in_w: u32,
  out_h: u32,
  out_w: u32,
  vectors: u32,
  pixels: u32, // n · out_h · out_w
  k_h: u32,
  k_w: u32,
  stride: u32,
  dilation: u32,
  pad_top: u32,
  pad_left: u32,
  has_residual: u32,
  low: f32, // the activation: values are clamped to low … high
  high: f32,
}

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
  let vector = index % params.vectors;
  let first_pixel = index / params.vectors * TILE_PIXELS;

  // The input coordinates of each pixel's first tap; before the map they wrap round to large ones.
  var images: array<u32, TILE_PIXELS>;
  var ys: array<u32, TILE_PIXELS>;
  var xs: array<u32, TILE_PIXELS>;
  for (var p = 0u; p < TILE_PIXELS; p++) {
    let row = (first_pixel + p) / params.out_w;
    images[p] = row / params.out_h * params.in_h;
    ys[p] = row % params.out_h * params.stride - params.pad_top;
    xs[p] = (first_pixel + p) % params.out_w * params.stride - params.pad_left;
  }

  var sums: array<vec4f, TILE_PIXELS>;
  for (var ky = 0u; ky < params.k_h; ky++) {
    for (var kx = 0u; kx < params.k_w; kx++) {
      let w = weight[(ky * params.k_w + kx) * params.vectors + vector];
      for (var p = 0u; p < TILE_PIXELS; p++) {
        let y = ys[p] + ky * params.dilation;
        let x = xs[p] + kx * params.dilation;
        if (y < params.in_h && x < params.in_w && first_pixel + p < params.pixels) {
          sums[p] = fma(input[((images[p] + y) * params.in_w + x) * params.vectors + vector], w, sums[p]);
        }
      }
    }
  }

  for (var p = 0u; p < TILE_PIXELS; p++) {
    if (first_pixel + p < params.pixels) {
      let at = (first_pixel + p) * params.vectors + vector;
      var value = sums[p] + bias[vector];
      if (params.has_residual != 0u) { value += residual[at]; }
      output[at] = activate(value);
    }
  }
}
