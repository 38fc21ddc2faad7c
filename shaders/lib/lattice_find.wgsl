// The first corner at a vertex, by the table of lattice_insert.wgsl; NOWHERE if no corner is there.
const NOWHERE = 0xffffffffu;

fn first_corner_at(key: Key) -> u32 {
  var found = NOWHERE;
  var slot = first_slot(key);
  for (var turn = 0u; turn <= params.most; turn++) {
    let held = table[slot];
    if (held == 0u) { break; }
    if (is_same_key(key_of(~held), key)) {
      found = ~held;
      break;
    }
    slot = (slot + 1u) & params.most;
  }
  return found;
}
