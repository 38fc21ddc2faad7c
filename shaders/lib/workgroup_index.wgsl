// The number of a workgroup among all of its kernel's. A dispatch computes a range of them, which starts at
// first_workgroup: see src/gpu/program.ts. Its grid has two dimensions: see foldGrid in src/gpu/kernel.ts.
@group(1) @binding(0) var<uniform> first_workgroup: u32;

fn workgroup_index(group: vec3u, groups: vec3u) -> u32 {
  return first_workgroup + group.y * groups.x + group.x;
}
