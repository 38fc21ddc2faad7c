// The gradient of a convolution's bias: the sum of the output's gradient over all pixels, always in the same order.
//
//   output_gradient   [pixels, vectors]   vec4: four channels
//   bias_gradient     [channels]
//
// A workgroup makes one vector: each lane adds up every LANES-th pixel, and a tree adds up the lanes.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> output_gradient: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> bias_gradient: array<f32>;

struct Params {
  pixels: u32,
  channels: u32,
  vectors: u32,
}

const LANES = 64u;

var<workgroup> sums: array<vec4f, LANES>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let vector = group.y * groups.x + group.x;
  if (vector >= params.vectors) { return; }

  var sum = vec4f(0);
  for (var pixel = lane; pixel < params.pixels; pixel += LANES) {
    sum += output_gradient[pixel * params.vectors + vector];
  }
  sums[lane] = sum;
  for (var width = LANES / 2u; width > 0u; width /= 2u) {
    workgroupBarrier();
    if (lane < width) { sums[lane] += sums[lane + width]; }
  }

  if (lane == 0u) {
    for (var c = 0u; c < min(4u, params.channels - vector * 4u); c++) { bias_gradient[vector * 4u + c] = sums[0][c]; }
  }
}
