// The second part of a sum over several blocks: adds to each block's sums the values of all blocks before it.
//
//   before   [⌈count / BLOCK⌉]   the sum of all blocks before each one
//   sums     [count]             of prefix_sum.wgsl
//
// One invocation adds to one value.

#import "lib/invocations.wgsl"

const BLOCK = 1024u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> before: array<u32>;
@group(0) @binding(2) var<storage, read_write> sums: array<u32>;

struct Params {
  count: u32,
}

fn compute(index: u32) {
  if (index >= params.count) { return; }
  sums[index] += before[index / BLOCK];
}
