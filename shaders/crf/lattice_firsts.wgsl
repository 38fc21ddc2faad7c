// The first corner at the vertex of each corner.
//
//   simplices   [pixels, 6]   of lattice_simplices.wgsl
//   table       [most + 1]    of lattice_insert.wgsl
//   firsts      [corners]     the first corner at the same vertex
//   flags       [corners]     1 for a corner that is the first itself, else 0
//
// One invocation computes one corner.

#import "lib/invocations.wgsl"
#import "lib/lattice_find.wgsl"
#import "lib/lattice_key.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> simplices: array<i32>;
@group(0) @binding(2) var<storage, read_write> table: array<u32>;
@group(0) @binding(3) var<storage, read_write> firsts: array<u32>;
@group(0) @binding(4) var<storage, read_write> flags: array<u32>;

struct Params {
  corners: u32,
  most: u32, // the last slot of the table
}

fn compute(index: u32) {
  if (index >= params.corners) { return; }
  let first = first_corner_at(key_of(index));
  firsts[index] = first;
  flags[index] = select(0u, 1u, first == index);
}
