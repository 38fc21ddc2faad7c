// The sum of the values before each value, within blocks of BLOCK values.
//
//   values   [count]
//   sums     [count]    without the value itself
//   totals   [blocks]   the sum of each block
//
// One workgroup computes one block: each lane adds up a run of RUN values, then the lanes add up their totals in doubling steps.

#import "lib/workgroup_index.wgsl"

const LANES = 128u;
const RUN = 8u;
const BLOCK = LANES * RUN;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> values: array<u32>;
@group(0) @binding(2) var<storage, read_write> sums: array<u32>;
@group(0) @binding(3) var<storage, read_write> totals: array<u32>;

struct Params {
  count: u32,
  blocks: u32, // ⌈count / BLOCK⌉
}

var<workgroup> lane_sums: array<u32, LANES>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let block = workgroup_index(group, groups);
  let first = block * BLOCK + lane * RUN;
  let end = min(params.count, first + RUN);
  var own = 0u;
  for (var i = first; i < end; i++) { own += values[i]; }
  lane_sums[lane] = own;
  workgroupBarrier();
  for (var step = 1u; step < LANES; step *= 2u) {
    var before = 0u;
    if (lane >= step) { before = lane_sums[lane - step]; }
    workgroupBarrier();
    lane_sums[lane] += before;
    workgroupBarrier();
  }
  if (block < params.blocks && lane == LANES - 1u) { totals[block] = lane_sums[lane]; }
  var sum = lane_sums[lane] - own;
  for (var i = first; i < end; i++) {
    let value = values[i];
    sums[i] = sum;
    sum += value;
  }
}
