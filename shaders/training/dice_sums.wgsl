// What the Dice loss is made of: the sum of each class's probability over the labelled pixels, and over those of the class.
//
//   logits        [n, out_h, in_w, vectors]    vec4: four classes
//   labels        [n, ⌈out_h · out_w / 4⌉]     u32: one byte for each of four pixels, the first in the low byte
//   log_sum_exp   [n, out_h, out_w]            of softmax_cross_entropy.wgsl
//   partials      [vectors, tiles, 2]          vec4 of four classes: Σ p over the pixels of the class in a tile, and over all labelled ones
//
// One workgroup adds up one vector of classes over a tile of TILE_PIXELS label pixels: each lane every LANES-th of them, then the sums
// are added pairwise.

#import "lib/is_channel.wgsl"
#import "lib/label_at.wgsl"
#import "lib/upsampled_logits.wgsl"
#import "lib/workgroup_index.wgsl"

const LANES = 64u; // of a workgroup
const TILE_PIXELS = 1024u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> logits: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> labels: array<u32>;
@group(0) @binding(3) var<storage, read_write> log_sum_exp: array<f32>;
@group(0) @binding(4) var<storage, read_write> partials: array<vec4f>;

struct Params {
  in_w: u32,
  out_h: u32,
  out_w: u32,
  channels: u32,
  vectors: u32,
  pixels: u32, // n · out_h · out_w
  tiles: u32, // ⌈pixels / TILE_PIXELS⌉
  ignore_index: u32,
  // The source coordinate of a target is max(0, target · step + shift) / unit.
  step_x: i32,
  shift_x: i32,
  unit_x: i32,
}

var<workgroup> overlaps: array<vec4f, LANES>;
var<workgroup> totals: array<vec4f, LANES>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = workgroup_index(group, groups);
  let vector = min(index / params.tiles, params.vectors - 1u);
  let first = (index % params.tiles) * TILE_PIXELS;
  let classes = vec4u(vector * 4u) + vec4u(0, 1, 2, 3);
  let size = params.out_h * params.out_w;
  var overlap = vec4f(0);
  var total = vec4f(0);
  for (var pixel = first + lane; pixel < min(first + TILE_PIXELS, params.pixels); pixel += LANES) {
    let label = label_at(pixel / size, pixel % size);
    if (label == params.ignore_index || label >= params.channels) { continue; }
    let logit = upsampled(neighbours_of(pixel), vector);
    let p = select(vec4f(0), exp(logit - log_sum_exp[pixel]), is_channel(vector));
    overlap += select(vec4f(0), p, classes == vec4u(label));
    total += p;
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
  if (lane == 0u && index < params.vectors * params.tiles) {
    partials[index * 2u] = overlaps[0];
    partials[index * 2u + 1u] = totals[0];
  }
}
