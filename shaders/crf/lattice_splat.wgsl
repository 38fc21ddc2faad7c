// Gathers pixels into the lattice: values[vertex] = Σ weight · input over the corners at the vertex, in the order of the corners.
//
//   input     [pixels, pitch]         vec4: four classes. With a pitch of 0 all pixels have the same
//   weights   [corners]               corner = 6 · pixel + k
//   corners   [corners]               sorted by vertex
//   starts    [rows + 1]              where each vertex's corners start in `corners`
//   values    [rows, vectors]         one row a vertex. The last row has no corners, so it is zero
//
// One invocation computes one vector of one vertex: those of the input from `first` on.

#import "lib/invocations.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> corners: array<u32>;
@group(0) @binding(4) var<storage, read_write> starts: array<u32>;
@group(0) @binding(5) var<storage, read_write> values: array<vec4f>;

struct Params {
  vectors: u32,
  pitch: u32,
  first: u32,
  count: u32, // rows · vectors
}

fn compute(index: u32) {
  if (index >= params.count) { return; }
  let row = index / params.vectors;
  let vector = params.first + index % params.vectors;
  var sum = vec4f(0);
  for (var i = starts[row]; i < starts[row + 1u]; i++) {
    let corner = corners[i];
    sum += weights[corner] * input[corner / 6u * params.pitch + vector];
  }
  values[index] = sum;
}
