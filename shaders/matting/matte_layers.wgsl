// A photo in two layers by its alpha: the foreground I · alpha and the background I · (1 − alpha), each with its weight. A blur of a layer
// over the blur of its weight is the layer's colour nearby, without that of the other one (Forte 2021).
//
//   colours        [pixels]      vec4: red, green, blue from −0.5 to 0.5
//   coefficients   [pixels]      vec4: a and b of the guided filter, from which alpha comes
//   layers         [pixels, 2]   vec4: colour and weight of the foreground, and of the background
//
// One invocation computes both layers of every `stride`-th pixel.

#import "lib/elementwise.wgsl"
#import "lib/guided_value.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> colours: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> coefficients: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> layers: array<vec4f>;

struct Params {
  count: u32, // pixels
  stride: u32, // number of invocations
}

fn compute_vector(index: u32) {
  let colour = vec4f(colours[index].xyz, 1);
  let alpha = guided_value(coefficients[index], colour.xyz);
  layers[index * 2u] = colour * alpha;
  layers[index * 2u + 1u] = colour * (1.0 - alpha);
}
