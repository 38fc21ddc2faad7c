// The mean of each channel over the map.
//
//   input    [n, pixels, vectors]   vec4: four channels
//   output   [n, vectors]
//
// One workgroup computes WORKGROUP_VECTORS neighbouring vectors of one image, which share cache lines. For each vector,
// each of SHARES lanes adds every SHARES-th pixel. Then one lane adds the SHARES results: on CPU adapters, more
// barriers would cost more than this loop.

#import "lib/workgroup_index.wgsl"

alias Stored = f32; // the type in memory; a kernel may replace it by f16. All arithmetic is in f32.

const WORKGROUP_VECTORS = 8u;
const SHARES = 16u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4<Stored>>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4<Stored>>;

struct Params {
  pixels: u32, // h · w
  map_pixels: u32, // more if the input is some rows of a map: the output is then their share in its mean
  vectors: u32,
  groups: u32, // workgroups of an image
}

var<workgroup> sums: array<array<vec4f, WORKGROUP_VECTORS>, SHARES>;

@compute @workgroup_size(WORKGROUP_VECTORS, SHARES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_id) lane: vec3u,
) {
  let index = workgroup_index(group, groups);
  let image = index / params.groups;
  let vector = (index - image * params.groups) * WORKGROUP_VECTORS + lane.x;

  var sum = vec4f(0);
  for (var pixel = lane.y; pixel < params.pixels; pixel += SHARES) {
    sum += vec4f(input[(image * params.pixels + pixel) * params.vectors + vector]);
  }
  sums[lane.y][lane.x] = sum;
  workgroupBarrier();
  if (lane.y > 0u || vector >= params.vectors) { return; }
  // It starts from lane.y, which is 0, so that no compiler unrolls it: unrolled, it would take most of the compile time.
  for (var share = lane.y + 1u; share < min(SHARES, params.pixels); share++) { sum += sums[share][lane.x]; }
  output[image * params.vectors + vector] = vec4<Stored>(sum / f32(params.map_pixels));
}
