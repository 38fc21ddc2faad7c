// Finds out whether subgroups are what the kernels with a SUBGROUP_SIZE expect. Some drivers report other sizes than
// they run.
//
//   faults   [invocations]   u32: 0 where all is as expected, else the sum of
//              1, if the subgroup has another size
//              2, if the invocation is not the lane of its index in the workgroup
//              4, if a loader's value is not that of its lane
//              8, if a value from a neighbour is not that of its lane
//
// A workgroup is one subgroup.

enable subgroups;
diagnostic(off, subgroup_uniformity);

#import "lib/from_loaders.wgsl"
#import "lib/workgroup_index.wgsl"

const SUBGROUP_SIZE = 8u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> faults: array<u32>;

struct Params {
  invocations: u32,
}

@compute @workgroup_size(SUBGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) index: u32,
  @builtin(subgroup_invocation_id) lane: u32,
  @builtin(subgroup_size) size: u32,
) {
  let at = workgroup_index(group, groups) * SUBGROUP_SIZE + index;
  let loaded = from_loaders(vec4f(f32(index)));
  var misread = false;
  for (var loader = 0u; loader < LOADERS; loader++) { misread |= loaded[loader].x != f32(loader); }
  let neighbour = subgroupShuffleXor(index, 1u);

  if (at >= params.invocations) { return; }
  let wrong = vec4<bool>(size != SUBGROUP_SIZE, lane != index, misread, neighbour != (index ^ 1u));
  faults[at] = dot(select(vec4u(0), vec4u(1, 2, 4, 8), wrong), vec4u(1));
}
