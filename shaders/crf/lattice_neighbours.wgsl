// The two neighbours of each vertex along an axis of the lattice.
//
//   simplices    [pixels, 6]   of lattice_simplices.wgsl
//   table        [most + 1]    of lattice_insert.wgsl
//   vertices     [corners]     the number of each corner's vertex
//   heads        [vertices]    a corner at each vertex
//   neighbours   [vertices]    vec2: two vertices; params.vertices stands for one that does not exist
//
// One invocation computes both neighbours of one vertex.

#import "lib/invocations.wgsl"
#import "lib/lattice_find.wgsl"
#import "lib/lattice_key.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> simplices: array<i32>;
@group(0) @binding(2) var<storage, read_write> table: array<u32>;
@group(0) @binding(3) var<storage, read_write> vertices: array<u32>;
@group(0) @binding(4) var<storage, read_write> heads: array<u32>;
@group(0) @binding(5) var<storage, read_write> neighbours: array<vec2u>;

struct Params {
  axis: u32, // 0 … 5
  vertices: u32,
  most: u32, // the last slot of the table
}

fn vertex_of(key: Key) -> u32 {
  let corner = first_corner_at(key);
  if (corner == NOWHERE) { return params.vertices; }
  return vertices[corner];
}

fn compute(index: u32) {
  if (index >= params.vertices) { return; }
  let key = key_of(heads[index]);
  let first = vec4i(1) - select(vec4i(0), vec4i(6), vec4u(params.axis) == vec4u(0, 1, 2, 3));
  let last = 1 - select(0, 6, params.axis == 4u);
  let before = Key(key.first - first, key.last - last);
  let after = Key(key.first + first, key.last + last);
  neighbours[index] = vec2u(vertex_of(before), vertex_of(after));
}
