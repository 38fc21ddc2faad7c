// The gradient of depthwise_conv2d.wgsl with respect to its weight: for each channel and tap a sum over the output pixels.
//
//   input             [n, in_h, in_w, vectors]      vec4: four channels of the convolution's input
//   output_gradient   [n, out_h, out_w, vectors]    the gradient of its output
//   partials          [splits, vectors, 4, taps]    laid as PyTorch lays the weight; see conv2d_reduce_weight.wgsl
//
// One invocation adds up one vector of one tap, over its split's share of the pixels whose tap falls inside the map.
// Neighbouring invocations take neighbouring vectors.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> output_gradient: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> partials: array<f32>;

struct Params {
  batch: u32,
  in_h: u32,
  in_w: u32,
  out_h: u32,
  out_w: u32,
  vectors: u32,
  splits: u32,
  k_h: u32,
  k_w: u32,
  stride: u32,
  dilation: u32,
  pad_top: u32,
  pad_left: u32,
}

// Output coordinates along one axis.
struct Span {
  first: u32,
  count: u32,
}

// Those whose tap, the k-th, falls inside the input.
fn reaching(k: u32, pad: u32, in_size: u32, out_size: u32) -> Span {
  let offset = k * params.dilation;
  let first = (max(pad, offset) - offset + params.stride - 1u) / params.stride;
  let end = min((max(in_size + pad, offset) - offset + params.stride - 1u) / params.stride, out_size);
  return Span(first, max(first, end) - first);
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = (group.y * groups.x + group.x) * 64u + lane;
  let taps = params.k_h * params.k_w;
  let vector = index % params.vectors;
  let tap = index / params.vectors % taps;
  let split = index / (params.vectors * taps);
  if (split >= params.splits) { return; }

  let ky = tap / params.k_w;
  let kx = tap % params.k_w;
  let ys = reaching(ky, params.pad_top, params.in_h, params.out_h);
  let xs = reaching(kx, params.pad_left, params.in_w, params.out_w);
  let pixels = params.batch * ys.count * xs.count;
  let share = (pixels + params.splits - 1u) / params.splits;
  let begin = min(split * share, pixels);
  let end = min(begin + share, pixels);

  var sum = vec4f(0);
  var n = begin / xs.count / ys.count;
  var y = ys.first + begin / xs.count % ys.count;
  var x = xs.first + begin % xs.count;
  for (var pixel = begin; pixel < end; pixel++) {
    let in_y = y * params.stride + ky * params.dilation - params.pad_top;
    let in_x = x * params.stride + kx * params.dilation - params.pad_left;
    let value = input[((n * params.in_h + in_y) * params.in_w + in_x) * params.vectors + vector];
    sum = fma(value, output_gradient[((n * params.out_h + y) * params.out_w + x) * params.vectors + vector], sum);

    // The next pixel, without a division.
    x++;
    if (x == xs.first + xs.count) { x = xs.first; y++; }
    if (y == ys.first + ys.count) { y = ys.first; n++; }
  }
  for (var c = 0u; c < 4u; c++) { partials[((split * params.vectors + vector) * 4u + c) * taps + tap] = sum[c]; }
}
