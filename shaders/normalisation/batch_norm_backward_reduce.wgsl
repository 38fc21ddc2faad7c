// Backward of batch norm, step 1: the sums, over each tile of pixels, that the gradients of γ, β and the input need.
//
// dy is output_gradient where the activation after the batch norm passed its value, and 0 where the activation clamped
// it. The value is computed again from the input, which this kernel reads anyway.
//
//   input, output_gradient   [pixels, vectors]      vec4: four channels
//   gamma, beta, mean, variance   [channels]        all but the mean are read only if has_activation
//   partials                 [tiles, 2, vectors]    Σ dy, then Σ dy · (x − mean)
//
// One invocation computes one vector of one tile.

#import "lib/invocations.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> output_gradient: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> gamma: array<f32>;
@group(0) @binding(4) var<storage, read_write> beta: array<f32>;
@group(0) @binding(5) var<storage, read_write> mean: array<f32>;
@group(0) @binding(6) var<storage, read_write> variance: array<f32>;
@group(0) @binding(7) var<storage, read_write> partials: array<vec4f>;

struct Params {
  pixels: u32, // n · h · w
  vectors: u32,
  channels: u32,
  tile: u32, // pixels of a tile; the last tile may have fewer
  tiles: u32,
  epsilon: f32,
  has_activation: u32,
  low: f32, // the activation clamps to low … high
  high: f32,
}

fn compute(index: u32) {
  if (index >= params.tiles * params.vectors) { return; }
  let vector = index % params.vectors;
  let tile = index / params.vectors;
  let first = tile * params.tile;
  let end = min(first + params.tile, params.pixels);

  // Components past the last channel repeat the last channel. Nothing reads their sums.
  let at = min(vec4u(vector * 4u) + vec4u(0, 1, 2, 3), vec4u(params.channels - 1u));
  let centre = vec4f(mean[at.x], mean[at.y], mean[at.z], mean[at.w]);
  var scale = vec4f(0);
  var shift = vec4f(0);
  if (params.has_activation != 0u) {
    // The same arithmetic as in batch_norm.wgsl, so that the same values count as clamped.
    scale = vec4f(gamma[at.x], gamma[at.y], gamma[at.z], gamma[at.w])
      / sqrt(vec4f(variance[at.x], variance[at.y], variance[at.z], variance[at.w]) + params.epsilon);
    shift = vec4f(beta[at.x], beta[at.y], beta[at.z], beta[at.w]);
  }
  var sum = vec4f(0);
  var sum_by_distance = vec4f(0);
  for (var pixel = first; pixel < end; pixel++) {
    let place = pixel * params.vectors + vector;
    let distance = input[place] - centre;
    var gradient = output_gradient[place];
    if (params.has_activation != 0u) {
      let value = distance * scale + shift;
      gradient = select(gradient, vec4f(0), (value <= vec4f(params.low)) | (value >= vec4f(params.high)));
    }
    sum += gradient;
    sum_by_distance += gradient * distance;
  }
  partials[tile * 2u * params.vectors + vector] = sum;
  partials[(tile * 2u + 1u) * params.vectors + vector] = sum_by_distance;
}
