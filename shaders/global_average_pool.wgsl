// The mean of each channel over the map.
//
//   input    [n, pixels, vectors]   vec4: four channels
//   output   [n, vectors]
//
// One workgroup makes one vector of the output: its lanes sum every 64th pixel, then their sums are added pairwise.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4f>;

struct Params {
  pixels: u32, // h · w
  vectors: u32,
  count: u32, // n · vectors
}

var<workgroup> sums: array<vec4f, 64>;

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = group.y * groups.x + group.x;
  let image = index / params.vectors;
  let vector = index % params.vectors;

  var sum = vec4f(0);
  if (index < params.count) {
    for (var pixel = lane; pixel < params.pixels; pixel += 64u) {
      sum += input[(image * params.pixels + pixel) * params.vectors + vector];
    }
  }
  sums[lane] = sum;
  for (var half = 32u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { sums[lane] += sums[lane + half]; }
  }
  if (lane == 0u && index < params.count) { output[index] = sums[0] / f32(params.pixels); }
}
