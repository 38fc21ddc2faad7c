// The mean of each channel over the map.
//
//   input    [n, pixels, vectors]   vec4: four channels
//   output   [n, vectors]
//
// One workgroup makes VECTORS neighbouring vectors of an image's output, which lie in the same cache lines. For each, SHARES lanes sum
// every SHARES-th pixel; then one of them adds their sums, since on a CPU adapter barriers cost more than that.

// Stored is f32 or f16, as the kernel says; all is computed in f32.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4<Stored>>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4<Stored>>;

struct Params {
  pixels: u32, // h · w
  vectors: u32,
  groups: u32, // workgroups of an image
}

const VECTORS = 8u;
const SHARES = 16u;

var<workgroup> sums: array<array<vec4f, VECTORS>, SHARES>;

@compute @workgroup_size(VECTORS, SHARES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) lane: vec3u,
) {
  let index = group.y * groups.x + group.x;
  let image = index / params.groups;
  let vector = (index - image * params.groups) * VECTORS + lane.x;

  var sum = vec4f(0);
  for (var pixel = lane.y; pixel < params.pixels; pixel += SHARES) {
    sum += vec4f(input[(image * params.pixels + pixel) * params.vectors + vector]);
  }
  sums[lane.y][lane.x] = sum;
  workgroupBarrier();
  if (lane.y > 0u || vector >= params.vectors) { return; }
  // From lane.y, which is 0, so that it is not unrolled: that would be most of what there is to compile.
  for (var share = lane.y + 1u; share < min(SHARES, params.pixels); share++) { sum += sums[share][lane.x]; }
  output[image * params.vectors + vector] = vec4<Stored>(sum / f32(params.pixels));
}
