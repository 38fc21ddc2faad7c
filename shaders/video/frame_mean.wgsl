// One step of the exponential mean of what a network says of a video's frames: mean += share · (frame − mean).
//
//   frame, mean   [count]   vec4: four classes
//   share         [1]       of the frame in the mean; 1 begins a new mean, whatever is in the old one
//
// One invocation computes every `stride`-th vector.

#import "lib/elementwise.wgsl"

alias Stored = f32; // the frame's type in memory; a kernel may replace it by f16. All arithmetic is in f32.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> frame: array<vec4<Stored>>;
@group(0) @binding(2) var<storage, read_write> share: array<f32>;
@group(0) @binding(3) var<storage, read_write> mean: array<vec4f>;

struct Params {
  count: u32,
  stride: u32, // number of invocations
}

fn compute_vector(index: u32) {
  let now = vec4f(frame[index]);
  let before = mean[index];
  mean[index] = select(before + share[0] * (now - before), now, share[0] == 1);
}
