// The mean over a window along one axis. A window is cut off where the axis ends.
//
//   input, output   [outer, length, inner]   vec4
//
// One invocation computes a run of RUN values along the axis: the sum of the first window, and from one window to the next what enters
// and what leaves. So a large radius costs little, and the rounding errors of a running sum end with the run.

#import "lib/invocations.wgsl"

const RUN = 64u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4f>;

struct Params {
  length: u32,
  inner: u32,
  runs: u32, // ⌈length / RUN⌉
  count: u32, // outer · runs · inner
  radius: u32, // below length
}

fn compute(index: u32) {
  if (index >= params.count) { return; }
  let column = index % params.inner;
  let run = index / params.inner % params.runs;
  let outer = index / (params.inner * params.runs);
  let origin = outer * params.length * params.inner + column;
  let first = run * RUN;

  // The window of a value is low … high − 1.
  var low = first - min(first, params.radius);
  var high = low;
  var sum = vec4f(0);
  for (var at = first; at < min(first + RUN, params.length); at++) {
    let end = min(at + params.radius + 1u, params.length);
    for (; high < end; high++) { sum += input[origin + high * params.inner]; }
    let start = at - min(at, params.radius);
    for (; low < start; low++) { sum -= input[origin + low * params.inner]; }
    output[origin + at * params.inner] = sum / f32(high - low);
  }
}
