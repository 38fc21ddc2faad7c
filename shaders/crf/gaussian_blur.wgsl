// A Gaussian along one axis, normalised symmetrically: output = scale · D^-1/2 K D^-1/2 · input, where K(i, j) = taps[|i − j|] and
// D = K · 1.
//
//   input, output   [outer, length, inner]   vec4
//   taps            [radius + 1]             the Gaussian at the distances 0 … radius
//   norms           [length]                 D^-1/2
//
// One invocation computes a run of RUN values along the axis, so that each input that it loads counts RUN times.

#import "lib/invocations.wgsl"

const RUN = 4u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> taps: array<f32>;
@group(0) @binding(3) var<storage, read_write> norms: array<f32>;
@group(0) @binding(4) var<storage, read_write> output: array<vec4f>;

struct Params {
  length: u32,
  inner: u32,
  runs: u32, // ⌈length / RUN⌉
  count: u32, // outer · runs · inner
  radius: i32,
  scale: f32,
}

fn compute(index: u32) {
  if (index >= params.count) { return; }
  let column = index % params.inner;
  let run = index / params.inner % params.runs;
  let outer = index / (params.inner * params.runs);
  let origin = outer * params.length * params.inner + column;
  let first = i32(run * RUN);

  // weights[i] belongs to the output first + i. It is the tap of the distance between that output and the present input.
  var weights = vec4f(0);
  var sums = array<vec4f, RUN>();
  for (var step = 0; step < 2 * params.radius + i32(RUN); step++) {
    let distance = abs(step - params.radius);
    var tap = 0.0;
    if (distance <= params.radius) { tap = taps[distance]; }
    weights = vec4f(tap, weights.xyz);
    let at = first + step - params.radius;
    if (at >= 0 && at < i32(params.length)) {
      let value = input[origin + u32(at) * params.inner] * norms[at];
      for (var i = 0u; i < RUN; i++) { sums[i] += weights[i] * value; }
    }
  }
  for (var i = 0u; i < RUN; i++) {
    let at = run * RUN + i;
    if (at < params.length) { output[origin + at * params.inner] = params.scale * norms[at] * sums[i]; }
  }
}
