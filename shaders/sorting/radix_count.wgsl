// The first part of a pass of a radix sort: how often each digit occurs in each run of keys.
//
//   keys     [count]
//   counts   [DIGITS, runs]
//
// One invocation counts a run of RUN keys, in a column of its own.

#import "lib/invocations.wgsl"

const DIGITS = 256u;
const RUN = 256u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> keys: array<u32>;
@group(0) @binding(2) var<storage, read_write> counts: array<u32>;

struct Params {
  count: u32,
  runs: u32, // ⌈count / RUN⌉
  shift: u32, // of the digit in the key
}

fn compute(index: u32) {
  if (index >= params.runs) { return; }
  for (var digit = 0u; digit < DIGITS; digit++) { counts[digit * params.runs + index] = 0u; }
  for (var i = index * RUN; i < min(params.count, index * RUN + RUN); i++) {
    let digit = (keys[i] >> params.shift) % DIGITS;
    counts[digit * params.runs + index] += 1u;
  }
}
