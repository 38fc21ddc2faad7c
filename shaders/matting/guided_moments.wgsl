// The products whose means a guided filter needs (He, Sun and Tang 2013), of a guide I with three colours and an input p.
//
//   colours       [pixels]      vec4: red, green, blue from −0.5 to 0.5: means near 0 lose no digits in products
//   probability   [pixels]      vec4: p in the first channel
//   moments       [pixels, 4]   vec4: I and p; I · p; the squares of I; red · green, red · blue, green · blue
//
// One invocation computes the moments of every `stride`-th pixel.

#import "lib/elementwise.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> colours: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> probability: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> moments: array<vec4f>;

struct Params {
  count: u32, // pixels
  stride: u32, // number of invocations
}

fn compute_vector(index: u32) {
  let colour = colours[index].xyz;
  let p = probability[index].x;
  moments[index * 4u] = vec4f(colour, p);
  moments[index * 4u + 1u] = vec4f(colour * p, 0);
  moments[index * 4u + 2u] = vec4f(colour * colour, 0);
  moments[index * 4u + 3u] = vec4f(colour.xxy * colour.yzz, 0);
}
