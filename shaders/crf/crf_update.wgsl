// The marginals of a mean field: softmax(log p + message) over the classes of each pixel. −log p is the unary potential. p is at least
// FLOOR, as in the public implementations, so that no class is impossible.
//
//   probabilities, message, marginals   [pixels, vectors]   vec4: four classes; the padding of marginals is zero
//
// One invocation computes one pixel.

#import "lib/invocations.wgsl"
#import "lib/is_channel.wgsl"

const FLOOR = 1e-5;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> probabilities: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> message: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> marginals: array<vec4f>;

struct Params {
  pixels: u32,
  vectors: u32,
  channels: u32,
}

fn score_at(at: u32) -> vec4f {
  return log(max(probabilities[at], vec4f(FLOOR))) + message[at];
}

fn compute(index: u32) {
  if (index >= params.pixels) { return; }
  let first = index * params.vectors;

  var highest = vec4f(score_at(first).x);
  for (var v = 0u; v < params.vectors; v++) {
    highest = select(highest, max(highest, score_at(first + v)), is_channel(v));
  }
  let shift = max(max(highest.x, highest.y), max(highest.z, highest.w));

  var sums = vec4f(0);
  for (var v = 0u; v < params.vectors; v++) {
    let share = select(vec4f(0), exp(score_at(first + v) - shift), is_channel(v));
    marginals[first + v] = share;
    sums += share;
  }
  let scale = 1.0 / (sums.x + sums.y + sums.z + sums.w);
  for (var v = 0u; v < params.vectors; v++) { marginals[first + v] *= scale; }
}
