// Batch norm in training, step 2: merges what batch_norm_statistics.wgsl found of each tile, by Chan's formula in a fixed
// order, and moves the running statistics. PyTorch normalises with the biased variance and runs the unbiased one.
//
//   partials   [tiles, 2, vectors]   vec4, four channels: the means, then M2 = Σ(x − mean)²
//   mean, variance   [channels]      of the batch; the variance is biased
//   running_mean, running_variance   [channels], becomes (1 − momentum) · itself + momentum · the batch's
//
// One workgroup does one vector: its lanes merge every 64th tile, then what they have is merged pairwise.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> partials: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> mean: array<f32>;
@group(0) @binding(3) var<storage, read_write> variance: array<f32>;
@group(0) @binding(4) var<storage, read_write> running_mean: array<f32>;
@group(0) @binding(5) var<storage, read_write> running_variance: array<f32>;

struct Params {
  pixels: u32, // n · h · w
  vectors: u32,
  channels: u32,
  tile: u32, // pixels of a tile; the last may have fewer
  tiles: u32,
  momentum: f32,
}

struct Statistics {
  count: f32,
  mean: vec4f,
  squares: vec4f, // M2
}

var<workgroup> lanes: array<Statistics, 64>;

fn merged(a: Statistics, b: Statistics) -> Statistics {
  if (b.count == 0) { return a; }
  let count = a.count + b.count;
  let share = b.count / count;
  let distance = b.mean - a.mean;
  return Statistics(count, a.mean + distance * share, a.squares + b.squares + distance * distance * (a.count * share));
}

fn statistics_of(tile: u32, vector: u32) -> Statistics {
  let count = min(params.tile, params.pixels - tile * params.tile);
  let at = tile * 2u * params.vectors + vector;
  return Statistics(f32(count), partials[at], partials[at + params.vectors]);
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let vector = group.y * groups.x + group.x;
  var own = Statistics(0, vec4f(0), vec4f(0));
  if (vector < params.vectors) {
    for (var tile = lane; tile < params.tiles; tile += 64u) { own = merged(own, statistics_of(tile, vector)); }
  }
  lanes[lane] = own;
  for (var half = 32u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { lanes[lane] = merged(lanes[lane], lanes[lane + half]); }
  }
  workgroupBarrier();

  let channel = vector * 4u + lane;
  if (lane >= 4u || channel >= params.channels) { return; }
  let squares = lanes[0].squares[lane];
  let unbiased = squares / f32(params.pixels - 1u);
  mean[channel] = lanes[0].mean[lane];
  variance[channel] = squares / f32(params.pixels);
  running_mean[channel] = mix(running_mean[channel], lanes[0].mean[lane], params.momentum);
  running_variance[channel] = mix(running_variance[channel], unbiased, params.momentum);
}
