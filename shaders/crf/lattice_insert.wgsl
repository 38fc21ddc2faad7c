// A hash table of the lattice's vertices. A slot holds ~c, where c is the first corner at its vertex, or 0 where it is empty.
//
//   simplices   [pixels, 6]   of lattice_simplices.wgsl
//   table       [most + 1]    zeros before
//
// One invocation inserts one corner. The search for a vertex begins at its first slot and goes on to the next. Of two vertices that want
// a slot, the one that comes first in an order of all vertices gets it, and the other goes on (Shun and Blelloch 2014). So the table
// is the same whoever comes first.

#import "lib/invocations.wgsl"
#import "lib/lattice_key.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> simplices: array<i32>;
@group(0) @binding(2) var<storage, read_write> table: array<atomic<u32>>;

struct Params {
  corners: u32,
  most: u32, // the last slot
}

fn comes_before(a: Key, b: Key) -> bool {
  if (a.first.x != b.first.x) { return a.first.x < b.first.x; }
  if (a.first.y != b.first.y) { return a.first.y < b.first.y; }
  if (a.first.z != b.first.z) { return a.first.z < b.first.z; }
  if (a.first.w != b.first.w) { return a.first.w < b.first.w; }
  return a.last < b.last;
}

fn compute(index: u32) {
  if (index >= params.corners) { return; }
  var carried = ~index;
  var key = key_of(index);
  var slot = first_slot(key);
  // An exchange may fail: then the same slot takes another turn. So there are more turns than slots.
  for (var turn = 0u; turn / 16u <= params.most; turn++) {
    let held = atomicLoad(&table[slot]);
    let held_key = key_of(~max(held, ~(params.corners - 1u))); // of any corner where the slot is empty
    let is_same = held != 0u && is_same_key(held_key, key);
    if (is_same && held >= carried) { break; }
    if (held != 0u && !is_same && comes_before(held_key, key)) {
      slot = (slot + 1u) & params.most;
      continue;
    }
    if (!atomicCompareExchangeWeak(&table[slot], held, carried).exchanged) { continue; }
    if (held == 0u || is_same) { break; }
    // The corner that was here goes on.
    carried = held;
    key = held_key;
    slot = (slot + 1u) & params.most;
  }
}
