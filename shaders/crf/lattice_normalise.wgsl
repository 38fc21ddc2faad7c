// Normalises the lattice's filter K symmetrically: it multiplies the weights of a pixel by D^-1/2, where D = K · 1. Splat and slice both
// have the weights, so together they then compute D^-1/2 K D^-1/2.
//
//   values     [vertices]    vec4, of which x is read: a one at every pixel, splatted and blurred
//   vertices   [pixels, 6]   the vertex of each corner
//   weights    [pixels, 6]
//
// One invocation computes one pixel.

#import "lib/invocations.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> values: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> vertices: array<u32>;
@group(0) @binding(3) var<storage, read_write> weights: array<f32>;

struct Params {
  pixels: u32,
}

fn compute(index: u32) {
  if (index >= params.pixels) { return; }
  let first = index * 6u;
  var sum = 0.0;
  for (var corner = first; corner < first + 6u; corner++) { sum += weights[corner] * values[vertices[corner]].x; }
  let norm = inverseSqrt(sum);
  for (var corner = first; corner < first + 6u; corner++) { weights[corner] *= norm; }
}
