// Numbers the lattice's vertices in the order of their first corners.
//
//   firsts     [corners]    of lattice_firsts.wgsl
//   numbers    [corners]    how many corners before this one are the first at their vertex
//   vertices   [corners]    the number of each corner's vertex
//   heads      [vertices]   the first corner at each vertex
//
// One invocation computes one corner.

#import "lib/invocations.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> firsts: array<u32>;
@group(0) @binding(2) var<storage, read_write> numbers: array<u32>;
@group(0) @binding(3) var<storage, read_write> vertices: array<u32>;
@group(0) @binding(4) var<storage, read_write> heads: array<u32>;

struct Params {
  corners: u32,
}

fn compute(index: u32) {
  if (index >= params.corners) { return; }
  let first = firsts[index];
  let vertex = numbers[first];
  vertices[index] = vertex;
  if (first == index) { heads[vertex] = index; }
}
