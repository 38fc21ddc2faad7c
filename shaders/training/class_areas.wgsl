// How many pixels have each class as their label.
//
//   labels   [n, ⌈size / 4⌉]   u32: one byte for each of four pixels, the first in the low byte
//   areas    [channels]        0 for ignore_index
//
// One workgroup counts one class: each lane every LANES-th pixel, then the counts are added pairwise.

#import "lib/label_at.wgsl"
#import "lib/workgroup_index.wgsl"

const LANES = 128u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> labels: array<u32>;
@group(0) @binding(2) var<storage, read_write> areas: array<u32>;

struct Params {
  out_h: u32,
  out_w: u32,
  channels: u32,
  pixels: u32, // n · out_h · out_w
  ignore_index: u32,
}

var<workgroup> counts: array<u32, LANES>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let class_id = workgroup_index(group, groups);
  let size = params.out_h * params.out_w;
  var count = 0u;
  if (class_id != params.ignore_index) {
    for (var pixel = lane; pixel < params.pixels; pixel += LANES) {
      count += u32(label_at(pixel / size, pixel % size) == class_id);
    }
  }
  counts[lane] = count;
  for (var half = LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { counts[lane] += counts[lane + half]; }
  }
  if (lane == 0u && class_id < params.channels) { areas[class_id] = counts[0]; }
}
