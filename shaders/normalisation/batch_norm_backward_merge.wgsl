// Backward of batch norm, step 2: adds up the sums of all tiles, in a fixed order. The results are the gradients of γ
// and β, Σ dy · x̂ and Σ dy, with x̂ = (x − mean)/√(σ² + ε). batch_norm_backward_reduce.wgsl makes the sums of the
// tiles.
//
//   partials   [tiles, 2, vectors]   vec4: four channels; Σ dy, then Σ dy · (x − mean)
//   variance, gamma_gradient, beta_gradient   [channels]
//   sums       [2, vectors]          the gradient of β, then that of γ, for batch_norm_backward_input.wgsl
//
// One workgroup takes WORKGROUP_VECTORS neighbouring vectors. For each vector, each of SHARES lanes adds every SHARES-th
// tile. Then one lane adds the SHARES results: on CPU adapters, more barriers would cost more than this loop.

#import "lib/workgroup_index.wgsl"

const WORKGROUP_VECTORS = 8u;
const SHARES = 16u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> partials: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> variance: array<f32>;
@group(0) @binding(3) var<storage, read_write> gamma_gradient: array<f32>;
@group(0) @binding(4) var<storage, read_write> beta_gradient: array<f32>;
@group(0) @binding(5) var<storage, read_write> sums: array<vec4f>;

struct Params {
  vectors: u32,
  channels: u32,
  tiles: u32,
  epsilon: f32,
}

struct Sums {
  gradient: vec4f,
  by_distance: vec4f,
}

var<workgroup> shares: array<array<Sums, WORKGROUP_VECTORS>, SHARES>;

@compute @workgroup_size(WORKGROUP_VECTORS, SHARES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) lane: vec3u,
) {
  let vector = workgroup_index(group, groups) * WORKGROUP_VECTORS + lane.x;
  var total = Sums(vec4f(0), vec4f(0));
  for (var tile = lane.y; tile < params.tiles; tile += SHARES) {
    let at = tile * 2u * params.vectors + vector;
    total = Sums(total.gradient + partials[at], total.by_distance + partials[at + params.vectors]);
  }
  shares[lane.y][lane.x] = total;
  workgroupBarrier();
  if (lane.y > 0u || vector >= params.vectors) { return; }
  for (var share = 1u; share < min(SHARES, params.tiles); share++) {
    total.gradient += shares[share][lane.x].gradient;
    total.by_distance += shares[share][lane.x].by_distance;
  }

  var by_normal = vec4f(0);
  for (var c = 0u; c < 4u; c++) {
    let channel = vector * 4u + c;
    if (channel >= params.channels) { break; }
    by_normal[c] = total.by_distance[c] / sqrt(variance[channel] + params.epsilon);
    gamma_gradient[channel] = by_normal[c];
    beta_gradient[channel] = total.gradient[c];
  }
  sums[vector] = total.gradient;
  sums[params.vectors + vector] = by_normal;
}
