// A hash table of the lattice's vertices. A slot holds ~c, where c is the first corner at its vertex, or 0 where it is empty.
//
//   simplices   [pixels, 6]   of lattice_simplices.wgsl
//   table       [most + 1]    zeros before; open addressing, with the next slot where one is taken
//   slots       [corners]     the slot of each corner's vertex
//
// One invocation inserts one corner. Which of two vertices gets a slot that both want depends on who comes first. What is found by the
// table does not: a vertex has one slot, and that slot ends with the vertex's first corner. Later kernels read only that.

#import "lib/workgroup_index.wgsl"
#import "lib/lattice_key.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> simplices: array<i32>;
@group(0) @binding(2) var<storage, read_write> table: array<atomic<u32>>;
@group(0) @binding(3) var<storage, read_write> slots: array<u32>;

struct Params {
  corners: u32,
  most: u32, // the last slot
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = workgroup_index(group, groups) * 64u + lane;
  if (index >= params.corners) { return; }
  let key = key_of(index);
  var slot = first_slot(key);
  // An exchange may fail without a reason. Then it takes another turn, so there are more turns than slots.
  for (var turn = 0u; turn / 16u <= params.most; turn++) {
    var held = atomicLoad(&table[slot]);
    if (held == 0u) {
      let exchange = atomicCompareExchangeWeak(&table[slot], 0u, ~index);
      if (exchange.exchanged) { break; }
      held = exchange.old_value;
    }
    if (held != 0u) {
      if (is_same_key(key_of(~held), key)) {
        atomicMax(&table[slot], ~index);
        break;
      }
      slot = (slot + 1u) & params.most;
    }
  }
  slots[index] = slot;
}
