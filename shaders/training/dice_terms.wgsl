// The Dice loss of each class, and its gradient by the probabilities. With the overlap I, the sum P of the class's probabilities and
// its area T, a class that some pixel has as its label loses 1 − 2 · I / (P + T), any other nothing. The gradient of the sum over all
// classes by a pixel's probability is
//
//   a + b where the class is the pixel's label, b elsewhere      with a = −2 / (P + T), b = 2 · I / (P + T)²
//
//   partials      [vectors, tiles, 2]   of dice_sums.wgsl
//   areas         [channels]            of class_areas.wgsl
//   class_terms   [vectors, 2]          vec4 of four classes: a and b
//   losses        [vectors]             the sum of the classes' losses and their number
//
// One workgroup computes one vector of classes: each lane adds up every LANES-th tile, then the sums are added pairwise.

#import "lib/is_channel.wgsl"
#import "lib/workgroup_index.wgsl"

const LANES = 64u; // of a workgroup

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> partials: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> areas: array<u32>;
@group(0) @binding(3) var<storage, read_write> class_terms: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> losses: array<vec2f>;

struct Params {
  channels: u32,
  vectors: u32,
  tiles: u32,
}

var<workgroup> overlaps: array<vec4f, LANES>;
var<workgroup> totals: array<vec4f, LANES>;

fn areas_of(vector: u32) -> vec4f {
  let first = vector * 4u;
  let last = params.channels - 1u;
  let found = vec4u(areas[first], areas[min(first + 1u, last)], areas[min(first + 2u, last)], areas[min(first + 3u, last)]);
  return select(vec4f(0), vec4f(found), is_channel(vector));
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = workgroup_index(group, groups);
  let vector = min(index, params.vectors - 1u);
  var overlap = vec4f(0);
  var total = vec4f(0);
  for (var tile = lane; tile < params.tiles; tile += LANES) {
    overlap += partials[(vector * params.tiles + tile) * 2u];
    total += partials[(vector * params.tiles + tile) * 2u + 1u];
  }
  overlaps[lane] = overlap;
  totals[lane] = total;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) {
      overlaps[lane] += overlaps[lane + half];
      totals[lane] += totals[lane + half];
    }
  }
  if (lane > 0u || index >= params.vectors) { return; }
  let area = areas_of(vector);
  let is_present = area > vec4f(0);
  let scale = select(vec4f(0), 1.0 / (totals[0] + area), is_present);
  let score = 2.0 * overlaps[0] * scale;
  class_terms[vector * 2u] = -2.0 * scale;
  class_terms[vector * 2u + 1u] = score * scale;
  let loss = select(vec4f(0), 1.0 - score, is_present);
  let channels = select(vec4f(0), vec4f(1), is_channel(vector));
  losses[vector] = vec2f(dot(loss, vec4f(1)), dot(channels, vec4f(1)));
}
