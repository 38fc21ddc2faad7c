// The Lovász extension of one class's Jaccard loss, and its gradient by the class's probabilities. In the order of the errors, the largest
// first, the gradient by an error is what the pixel adds to the Jaccard loss of the pixels before it: with the class's area G, and F pixels
// of the class and B others before this one,
//
//   1 / (G + B) for a pixel of the class, (G − F) / ((G + B) · (G + B + 1)) for any other
//
// The differences of Jaccard losses themselves would be left with few digits. Ignored pixels have no error, so that they come last and
// change nothing.
//
//   areas               [channels]   of class_areas.wgsl
//   sorted_errors       [count]      the smallest first
//   sorted_pixels       [count]      the pixel of each of them
//   foreground          [count]      of lovasz_foreground.wgsl: the largest error comes first
//   foreground_before   [count]      how many pixels of the class have a larger error
//   slopes              [count]      by pixel: p · the gradient by p
//   means               [count]      by pixel: the sum of the slopes of this class and, if it is not the first, of those before
//   partials            [channels, tiles]   Σ error · gradient of a tile of the class, and in the first tile 1 if the class has a pixel
//
// One workgroup takes TILE pixels: each lane every LANES-th of them, then the sums are added pairwise.

#import "lib/workgroup_index.wgsl"

const LANES = 64u; // of a workgroup
const TILE = 1024u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> areas: array<u32>;
@group(0) @binding(2) var<storage, read_write> sorted_errors: array<f32>;
@group(0) @binding(3) var<storage, read_write> sorted_pixels: array<u32>;
@group(0) @binding(4) var<storage, read_write> foreground: array<u32>;
@group(0) @binding(5) var<storage, read_write> foreground_before: array<u32>;
@group(0) @binding(6) var<storage, read_write> slopes: array<f32>;
@group(0) @binding(7) var<storage, read_write> means: array<f32>;
@group(0) @binding(8) var<storage, read_write> partials: array<vec2f>;

struct Params {
  count: u32, // n · out_h · out_w
  tiles: u32, // ⌈count / TILE⌉
  class_id: u32,
}

// Writes the slope and the mean of the pixel of a rank. The pixel's share of the loss.
fn loss_of(rank: u32) -> f32 {
  let at = params.count - 1u - rank;
  let pixel = sorted_pixels[at];
  let error = sorted_errors[at];
  let area = areas[params.class_id];
  var gradient = 0.0;
  if (area > 0u) {
    let before = foreground_before[rank];
    let united = f32(area + rank - before);
    gradient = select(f32(area - before) / united / (united + 1.0), 1.0 / united, foreground[rank] == 1u);
  }
  let slope = select(error, error - 1.0, foreground[rank] == 1u) * gradient;
  slopes[pixel] = slope;
  var mean = slope;
  if (params.class_id > 0u) { mean += means[pixel]; }
  means[pixel] = mean;
  return error * gradient;
}

var<workgroup> sums: array<f32, LANES>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let tile = workgroup_index(group, groups);
  let first = tile * TILE;
  var own = 0.0;
  for (var rank = first + lane; rank < min(first + TILE, params.count); rank += LANES) { own += loss_of(rank); }
  sums[lane] = own;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { sums[lane] += sums[lane + half]; }
  }
  if (lane == 0u && tile < params.tiles) {
    let present = tile == 0u && areas[params.class_id] > 0u;
    partials[params.class_id * params.tiles + tile] = vec2f(sums[0], f32(present));
  }
}
