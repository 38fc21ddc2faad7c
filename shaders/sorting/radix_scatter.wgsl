// The second part of a pass of a radix sort: moves keys and items to their places. Items of one digit keep their order.
//
//   keys, items                 [count]          with `numbers_items`, the item of a key is its index, and `items` is not read
//   places                      [DIGITS, runs]   where the first key of each digit in each run goes; afterwards it is used up
//   sorted_keys, sorted_items   [count]
//
// One invocation moves a run of RUN keys.

#import "lib/invocations.wgsl"

const DIGITS = 256u;
const RUN = 256u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> keys: array<u32>;
@group(0) @binding(2) var<storage, read_write> items: array<u32>;
@group(0) @binding(3) var<storage, read_write> places: array<u32>;
@group(0) @binding(4) var<storage, read_write> sorted_keys: array<u32>;
@group(0) @binding(5) var<storage, read_write> sorted_items: array<u32>;

struct Params {
  count: u32,
  runs: u32, // ⌈count / RUN⌉
  shift: u32, // of the digit in the key
  numbers_items: u32,
}

fn compute(index: u32) {
  if (index >= params.runs) { return; }
  for (var i = index * RUN; i < min(params.count, index * RUN + RUN); i++) {
    let key = keys[i];
    let at = (key >> params.shift) % DIGITS * params.runs + index;
    let place = places[at];
    places[at] = place + 1u;
    sorted_keys[place] = key;
    var item = i;
    if (params.numbers_items == 0u) { item = items[i]; }
    sorted_items[place] = item;
  }
}
