// The loss: adds up the sums of softmax_cross_entropy.wgsl's workgroups, in a fixed order.
//
//   partials   [count]   Σ weight · loss and Σ weight
//   loss       [2]       Σ weight · loss / Σ weight, then 1 / Σ weight for the gradient; both are 0 where every pixel is ignored
//
// One workgroup: each of its lanes adds two shares, of every 256th partial each, then the sums are added pairwise.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> partials: array<vec2f>;
@group(0) @binding(2) var<storage, read_write> loss: array<f32>;

struct Params {
  count: u32,
}

const LANES = 128u; // as many as every adapter can run
const SHARES = 2u * LANES;

var<workgroup> sums: array<vec2f, LANES>;

fn sum_of_share(first: u32) -> vec2f {
  var sum = vec2f(0);
  for (var i = first; i < params.count; i += SHARES) { sum += partials[i]; }
  return sum;
}

@compute @workgroup_size(LANES)
fn main(@builtin(local_invocation_index) lane: u32) {
  sums[lane] = sum_of_share(lane) + sum_of_share(lane + LANES);
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { sums[lane] += sums[lane + half]; }
  }
  if (lane == 0u) {
    let scale = select(0.0, 1.0 / sums[0].y, sums[0].y > 0.0);
    loss[0] = sums[0].x * scale;
    loss[1] = scale;
  }
}
