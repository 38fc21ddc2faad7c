// Batch norm in training, step 2: merges the statistics of all tiles by Chan's formula, in a fixed order, and updates
// the running statistics. batch_norm_statistics.wgsl makes the statistics of the tiles, or the convolution that makes
// the map does. As in PyTorch, the batch is normalised with the biased variance, and the running variance is unbiased.
//
//   partials   [tiles, 2 · vectors + 1]   vec4: four channels; means, then M2 = Σ(x − mean)², then the tile's number of pixels
//   mean, variance   [channels]           of the batch; the variance is biased
//   running_mean, running_variance   [channels]   become (1 − momentum) · themselves + momentum · the batch's
//
// One workgroup takes WORKGROUP_VECTORS neighbouring vectors. For each vector, each of SHARES lanes merges every
// SHARES-th tile. Then one lane merges the SHARES results: on CPU adapters, more barriers would cost more than this
// loop. Means are merged as distances from the first tile's mean: this keeps the small variance of a channel that has a
// large mean.

#import "lib/workgroup_index.wgsl"

const WORKGROUP_VECTORS = 8u;
const SHARES = 16u;

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
  tiles: u32,
  momentum: f32,
}

struct Statistics {
  count: f32,
  mean: vec4f, // minus the pivot
  squares: vec4f, // M2
}

var<workgroup> shares: array<array<Statistics, WORKGROUP_VECTORS>, SHARES>;

fn merged(a: Statistics, b: Statistics) -> Statistics {
  if (b.count == 0) { return a; }
  let count = a.count + b.count;
  let share = b.count / count;
  let distance = b.mean - a.mean;
  let squares = a.squares + b.squares + distance * distance * (a.count * share);
  return Statistics(count, a.mean + distance * share, squares);
}

fn statistics_of(tile: u32, vector: u32, pivot: vec4f) -> Statistics {
  let row = tile * (2u * params.vectors + 1u);
  let count = partials[row + 2u * params.vectors].x;
  return Statistics(count, partials[row + vector] - pivot, partials[row + params.vectors + vector]);
}

@compute @workgroup_size(WORKGROUP_VECTORS, SHARES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) lane: vec3u,
) {
  let vector = workgroup_index(group, groups) * WORKGROUP_VECTORS + lane.x;
  let pivot = partials[vector];
  var all = Statistics(0, vec4f(0), vec4f(0));
  for (var tile = lane.y; tile < params.tiles; tile += SHARES) {
    all = merged(all, statistics_of(tile, vector, pivot));
  }
  shares[lane.y][lane.x] = all;
  workgroupBarrier();
  if (lane.y > 0u) { return; }
  for (var share = 1u; share < min(SHARES, params.tiles); share++) {
    all = merged(all, shares[share][lane.x]);
  }

  for (var c = 0u; c < 4u; c++) {
    let channel = vector * 4u + c;
    if (channel >= params.channels) { return; }
    let unbiased = all.squares[c] / f32(params.pixels - 1u);
    let batch_mean = pivot[c] + all.mean[c];
    mean[channel] = batch_mean;
    variance[channel] = all.squares[c] / f32(params.pixels);
    running_mean[channel] = mix(running_mean[channel], batch_mean, params.momentum);
    running_variance[channel] = mix(running_variance[channel], unbiased, params.momentum);
  }
}
