// output = input: the most that an adapter's memory can do. Benches compare the other kernels with it.
//
//   input, output   [count]   vec4
//
// One invocation copies every `stride`-th vector.

#import "lib/workgroup_index.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4f>;

struct Params {
  count: u32,
  stride: u32, // number of invocations
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = workgroup_index(group, groups) * 64u + lane;
  if (index >= params.stride) { return; }
  for (var i = index; i < params.count; i += params.stride) { output[i] = input[i]; }
}
