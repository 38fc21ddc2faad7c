// The second part of a sum over several blocks: adds to each block's sums the values of all blocks before it.
//
//   before   [⌈count / BLOCK⌉]   the sum of all blocks before each one
//   sums     [count]             of prefix_sum.wgsl
//
// One invocation adds to one value.

#import "lib/workgroup_index.wgsl"

const BLOCK = 1024u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> before: array<u32>;
@group(0) @binding(2) var<storage, read_write> sums: array<u32>;

struct Params {
  count: u32,
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = workgroup_index(group, groups) * 64u + lane;
  if (index >= params.count) { return; }
  sums[index] += before[index / BLOCK];
}
