// Reads the lattice at each pixel: message += scale · Σ weight · value over the pixel's six corners.
//
//   values     [vertices, vectors]   vec4: four classes
//   vertices   [pixels, 6]           the vertex of each corner
//   weights    [pixels, 6]
//   message    [pixels, pitch]       vec4: four classes
//
// One invocation computes one vector of one pixel: those of the message from `first` on.

#import "lib/invocations.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> values: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> vertices: array<u32>;
@group(0) @binding(3) var<storage, read_write> weights: array<f32>;
@group(0) @binding(4) var<storage, read_write> message: array<vec4f>;

struct Params {
  vectors: u32,
  pitch: u32,
  first: u32,
  count: u32, // pixels · vectors
  scale: f32,
}

fn compute(index: u32) {
  if (index >= params.count) { return; }
  let pixel = index / params.vectors;
  let vector = index - pixel * params.vectors;
  var sum = vec4f(0);
  for (var corner = pixel * 6u; corner < pixel * 6u + 6u; corner++) {
    sum += weights[corner] * values[vertices[corner] * params.vectors + vector];
  }
  message[pixel * params.pitch + params.first + vector] += params.scale * sum;
}
