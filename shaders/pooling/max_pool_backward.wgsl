// The gradient of max_pool.wgsl by its input: each window's gradient goes to the window's maximum.
//
//   winners           [n, out_h, out_w, vectors]   u32: one byte for each of four channels, see max_pool_winners.wgsl
//   output_gradient   [n, out_h, out_w, vectors]   vec4: four channels
//   input_gradient    [n, in_h, in_w, vectors]
//
// One invocation computes one vector of one input pixel, from the windows that cover the pixel.

#import "lib/invocations.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> winners: array<u32>;
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

// The windows first … end − 1 along one axis.
struct Windows {
  first: u32,
  end: u32,
}

// The windows that cover the pixel `from_start` pixels after the start of the padding.
fn windows_over(from_start: u32, kernel: u32, out_size: u32) -> Windows {
  let first = (max(from_start + 1u, kernel) - kernel + params.stride - 1u) / params.stride;
  return Windows(first, min(from_start / params.stride + 1u, out_size));
}

fn compute(index: u32) {
  if (index >= params.count) { return; }
  let vector = index % params.vectors;
  let pixel = index / params.vectors;
  let row = pixel / params.in_w;
  let image = row / params.in_h;
  let from_top = row - image * params.in_h + params.pad_top;
  let from_left = pixel - row * params.in_w + params.pad_left;
  let rows = windows_over(from_top, params.k_h, params.out_h);
  let columns = windows_over(from_left, params.k_w, params.out_w);

  var sum = vec4f(0);
  for (var y = rows.first; y < rows.end; y++) {
    for (var x = columns.first; x < columns.end; x++) {
      let at = ((image * params.out_h + y) * params.out_w + x) * params.vectors + vector;
      let tap = (from_top - y * params.stride) * params.k_w + from_left - x * params.stride;
      let winner = (vec4u(winners[at]) >> vec4u(0, 8, 16, 24)) & vec4u(255);
      sum += select(vec4f(0), output_gradient[at], winner == vec4u(tap));
    }
  }
  input_gradient[index] = sum;
}
