// Where each window of max_pool.wgsl has its maximum. As in PyTorch, the first of equal values in scan order wins, and
// the last NaN wins.
//
//   input     [n, in_h, in_w, vectors]     vec4: four channels
//   winners   [n, out_h, out_w, vectors]   u32: one byte a channel, the tap ky · k_w + kx; the first channel in the low byte
//
// One invocation computes one vector of one window.

#import "lib/invocations.wgsl"
#import "lib/is_nan.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> winners: array<u32>;

struct Params {
  in_h: u32,
  in_w: u32,
  out_h: u32,
  out_w: u32,
  vectors: u32,
  count: u32, // n · out_h · out_w · vectors
  k_h: u32,
  k_w: u32,
  stride: u32,
  pad_top: u32,
  pad_left: u32,
}

fn compute(index: u32) {
  if (index >= params.count) { return; }
  let vector = index % params.vectors;
  let pixel = index / params.vectors;
  let row = pixel / params.out_w;
  let image = row / params.out_h;
  // Coordinates before the map wrap round to large ones.
  let top = (row - image * params.out_h) * params.stride - params.pad_top;
  let left = (pixel - row * params.out_w) * params.stride - params.pad_left;

  var best = vec4f(0);
  var winner = vec4u(0);
  var is_first = true;
  for (var ky = 0u; ky < params.k_h; ky++) {
    for (var kx = 0u; kx < params.k_w; kx++) {
      let y = top + ky;
      let x = left + kx;
      if (y < params.in_h && x < params.in_w) {
        let value = input[((image * params.in_h + y) * params.in_w + x) * params.vectors + vector];
        let wins = (value > best) | is_nan(value) | vec4<bool>(is_first);
        best = select(best, value, wins);
        winner = select(winner, vec4u(ky * params.k_w + kx), wins);
        is_first = false;
      }
    }
  }
  winners[index] = winner.x | (winner.y << 8u) | (winner.z << 16u) | (winner.w << 24u);
}
