// output = act(input), where the activation could not be fused into what makes its input.
//
//   input, output   [count]   vec4: four channels; an invocation does every `stride`-th

// Stored is f32 or f16, as the kernel says; all is computed in f32.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4<Stored>>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4<Stored>>;

struct Params {
  count: u32,
  stride: u32, // invocations
  low: f32, // values are clamped to low … high
  high: f32,
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let first = (group.y * groups.x + group.x) * 64u + lane;
  if (first >= params.stride) { return; }
  for (var index = first; index < params.count; index += params.stride) {
    let value = vec4f(input[index]);
    // Comparisons rather than clamp, so that NaN stays NaN.
    let raised = select(value, vec4f(params.low), value < vec4f(params.low));
    output[index] = vec4<Stored>(select(raised, vec4f(params.high), raised > vec4f(params.high)));
  }
}
