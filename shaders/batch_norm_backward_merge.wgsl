// Backward of batch norm, step 2: the gradients of γ and β, Σ dy · x̂ and Σ dy with x̂ = (x − mean)/√(σ² + ε), from the sums of
// each tile that batch_norm_backward_reduce.wgsl made, added in a fixed order.
//
//   partials   [tiles, 2, vectors]   vec4, four channels: Σ dy, then Σ dy · (x − mean)
//   variance, gamma_gradient, beta_gradient   [channels]
//
// One workgroup does one vector: its lanes add every 64th tile, then their sums are added pairwise.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> partials: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> variance: array<f32>;
@group(0) @binding(3) var<storage, read_write> gamma_gradient: array<f32>;
@group(0) @binding(4) var<storage, read_write> beta_gradient: array<f32>;

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

var<workgroup> lanes: array<Sums, 64>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let vector = group.y * groups.x + group.x;
  var own = Sums(vec4f(0), vec4f(0));
  if (vector < params.vectors) {
    for (var tile = lane; tile < params.tiles; tile += 64u) {
      let at = tile * 2u * params.vectors + vector;
      own = Sums(own.gradient + partials[at], own.by_distance + partials[at + params.vectors]);
    }
  }
  lanes[lane] = own;
  for (var half = 32u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      lanes[lane].gradient += lanes[lane + half].gradient;
      lanes[lane].by_distance += lanes[lane + half].by_distance;
    }
  }
  workgroupBarrier();

  let channel = vector * 4u + lane;
  if (lane >= 4u || channel >= params.channels) { return; }
  gamma_gradient[channel] = lanes[0].by_distance[lane] / sqrt(variance[channel] + params.epsilon);
  beta_gradient[channel] = lanes[0].gradient[lane];
}
