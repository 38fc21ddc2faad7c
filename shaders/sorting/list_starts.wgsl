// Where the items of each key start in a sorted list that has every key from 0 to keys − 1.
//
//   sorted   [count]      keys
//   starts   [keys + 2]   the last two are `count`: after the last key's items comes an empty list
//
// One invocation looks at one item.

#import "lib/invocations.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> sorted: array<u32>;
@group(0) @binding(2) var<storage, read_write> starts: array<u32>;

struct Params {
  count: u32,
  keys: u32,
}

fn compute(index: u32) {
  if (index >= params.count) { return; }
  let key = sorted[index];
  if (index == 0u) {
    starts[key] = 0u;
    starts[params.keys] = params.count;
    starts[params.keys + 1u] = params.count;
  } else if (sorted[index - 1u] != key) {
    starts[key] = index;
  }
}
