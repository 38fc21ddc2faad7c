// Dropout: output = input / (1 − p) where it is kept, 0 where it is dropped. Its own backward, of the gradient, since which
// values are kept hangs on nothing but (seed, step, place): integers, and so the same on every adapter.
//
//   input, output   [count]   vec4: four channels; an invocation does every `stride`-th
//   step            [1]       of training; a buffer, since it changes with every one

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> step: array<u32>;
@group(0) @binding(3) var<storage, read_write> output: array<vec4f>;

struct Params {
  count: u32,
  stride: u32, // invocations
  seed: u32,
  dropped: u32, // p · 2³²: hashes below it are dropped
  scale: f32, // 1 / (1 − p)
}

// A bijection of 32-bit integers that changes half of the bits for any change: Wellons' lowbias32, public domain.
fn scrambled(value: vec4u) -> vec4u {
  var x = value;
  x = (x ^ (x >> vec4u(16))) * 0x7feb352du;
  x = (x ^ (x >> vec4u(15))) * 0x846ca68bu;
  return x ^ (x >> vec4u(16));
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let first = (group.y * groups.x + group.x) * 64u + lane;
  if (first >= params.stride) { return; }
  let stream = scrambled(scrambled(vec4u(params.seed)) ^ vec4u(step[0]));
  for (var index = first; index < params.count; index += params.stride) {
    let place = vec4u(index * 4u) + vec4u(0, 1, 2, 3);
    let hash = scrambled(stream + scrambled(place));
    output[index] = select(input[index] * params.scale, vec4f(0), hash < vec4u(params.dropped));
  }
}
