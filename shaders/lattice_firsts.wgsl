// Which corners are the first at their vertex.
//
//   table    [slots]     of lattice_insert.wgsl
//   slots    [corners]
//   firsts   [corners]   1 for the first corner at its vertex, else 0
//
// One invocation computes one corner.

#import "lib/workgroup_index.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> table: array<u32>;
@group(0) @binding(2) var<storage, read_write> slots: array<u32>;
@group(0) @binding(3) var<storage, read_write> firsts: array<u32>;

struct Params {
  corners: u32,
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = workgroup_index(group, groups) * 64u + lane;
  if (index >= params.corners) { return; }
  firsts[index] = select(0u, 1u, table[slots[index]] == ~index);
}
