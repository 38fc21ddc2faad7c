// Blurs the lattice along one axis: blurred = values + (the sum of the two neighbours' values) / 2. The factor 1/2 that is missing
// cancels in the normalisation.
//
//   values, blurred   [rows, vectors]   vec4: four classes; the last row is zero, and stands for vertices that do not exist
//   neighbours        [rows − 1]        vec2: two rows
//
// One invocation computes one vector of one vertex.

#import "lib/invocations.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> values: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> neighbours: array<vec2u>;
@group(0) @binding(3) var<storage, read_write> blurred: array<vec4f>;

struct Params {
  rows: u32,
  vectors: u32,
  count: u32, // rows · vectors
}

fn compute(index: u32) {
  if (index >= params.count) { return; }
  let row = index / params.vectors;
  if (row == params.rows - 1u) {
    blurred[index] = vec4f(0);
    return;
  }
  let vector = index - row * params.vectors;
  let at = neighbours[row] * params.vectors + vector;
  blurred[index] = values[index] + 0.5 * (values[at.x] + values[at.y]);
}
