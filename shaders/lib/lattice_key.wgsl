// A vertex of the permutohedral lattice, by five of its six coordinates: the sum of all six is 0. A corner is one of the six vertices of
// the simplex around a pixel's point: corner 6 · pixel + k. See lattice_simplices.wgsl for `simplices`.
struct Key {
  first: vec4i,
  last: i32,
}

fn key_of(corner: u32) -> Key {
  let at = corner / 6u * 6u;
  let k = i32(corner - at);
  let ranks = u32(simplices[at + 5u]);
  let first_ranks = vec4i((vec4u(ranks) >> vec4u(0, 3, 6, 9)) & vec4u(7));
  let last_rank = i32((ranks >> 12u) & 7u);
  let first = vec4i(simplices[at], simplices[at + 1u], simplices[at + 2u], simplices[at + 3u]);
  return Key(
    first + vec4i(k) - select(vec4i(0), vec4i(6), first_ranks > vec4i(5 - k)),
    simplices[at + 4u] + k - select(0, 6, last_rank > 5 - k),
  );
}

fn is_same_key(a: Key, b: Key) -> bool {
  return all(a.first == b.first) & (a.last == b.last);
}

fn mixed_into(hash: u32, coordinate: i32) -> u32 {
  let product = (hash ^ bitcast<u32>(coordinate)) * 0x9e3779b1u;
  return product ^ (product >> 15u);
}

// Where the search for a key begins in a table of params.most + 1 slots, a power of two.
fn first_slot(key: Key) -> u32 {
  let two = mixed_into(mixed_into(0u, key.first.x), key.first.y);
  let four = mixed_into(mixed_into(two, key.first.z), key.first.w);
  return mixed_into(four, key.last) & params.most;
}
