// The gradient of max_pool.wgsl by its input: each window's goes to its maximum; of equals to the first in scan order, of
// NaNs to the last, as in PyTorch.
//
//   input, input_gradient   [n, in_h, in_w, vectors]     vec4: four channels
//   output_gradient         [n, out_h, out_w, vectors]
//
// One invocation makes one vector of one input pixel: of each window that covers it, it looks for the maximum anew.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> output_gradient: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> input_gradient: array<vec4f>;

struct Params {
  in_h: u32,
  in_w: u32,
  out_h: u32,
  out_w: u32,
  vectors: u32,
  count: u32, // n · in_h · in_w · vectors
  k_h: u32,
  k_w: u32,
  stride: u32,
  pad_top: u32,
  pad_left: u32,
}

// By its bits: compilers take `value != value` for false.
fn is_nan(value: vec4f) -> vec4<bool> {
  return (bitcast<vec4u>(value) & vec4u(0x7fffffff)) > vec4u(0x7f800000);
}

// For each of the four channels the index in `input` of the window's maximum.
fn winners(image: u32, window_y: u32, window_x: u32, vector: u32) -> vec4u {
  var best = vec4f(0);
  var winner = vec4u(0);
  var is_first = true;
  for (var ky = 0u; ky < params.k_h; ky++) {
    for (var kx = 0u; kx < params.k_w; kx++) {
      // Before the map these wrap round to large numbers.
      let y = window_y * params.stride + ky - params.pad_top;
      let x = window_x * params.stride + kx - params.pad_left;
      if (y < params.in_h && x < params.in_w) {
        let at = ((image * params.in_h + y) * params.in_w + x) * params.vectors + vector;
        let value = input[at];
        let wins = (value > best) | is_nan(value) | vec4<bool>(is_first);
        best = select(best, value, wins);
        winner = select(winner, vec4u(at), wins);
        is_first = false;
      }
    }
  }
  return winner;
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = (group.y * groups.x + group.x) * 64u + lane;
  if (index >= params.count) { return; }
  let vector = index % params.vectors;
  let pixel = index / params.vectors;
  let from_top = pixel / params.in_w % params.in_h + params.pad_top;
  let from_left = pixel % params.in_w + params.pad_left;
  let image = pixel / (params.in_w * params.in_h);

  var sum = vec4f(0);
  for (var ky = 0u; ky < params.k_h; ky++) {
    for (var kx = 0u; kx < params.k_w; kx++) {
      // The window that has this pixel under its tap (ky, kx), if there is one. Before the map these wrap round.
      let y = (from_top - ky) / params.stride;
      let x = (from_left - kx) / params.stride;
      let is_window = y * params.stride + ky == from_top && x * params.stride + kx == from_left;
      if (is_window && y < params.out_h && x < params.out_w) {
        let gradient = output_gradient[((image * params.out_h + y) * params.out_w + x) * params.vectors + vector];
        sum += select(vec4f(0), gradient, winners(image, y, x, vector) == vec4u(index));
      }
    }
  }
  input_gradient[index] = sum;
}
