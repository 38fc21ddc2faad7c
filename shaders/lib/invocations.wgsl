// The entry point of a kernel whose invocations are independent: `compute` gets the number of each. The last workgroup may have
// invocations past those that the kernel needs.

#import "lib/workgroup_index.wgsl"

const LANES = 64u; // of a workgroup

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  compute(workgroup_index(group, groups) * LANES + lane);
}
