// The bilateral Gaussian over all pairs of pixels, K(i, j) = exp(−|p(i) − p(j)|² · by_place − |c(i) − c(j)|² · by_colour), with places p
// and colours c. With WRITES_NORMS it computes norms = D^-1/2 with D = K · 1, and else
// message += scale · D^-1/2 K D^-1/2 · input.
//
//   image            [pixels]            vec4: red, green, blue from 0 to 255, rounded here to whole numbers; and 0
//   input, message   [pixels, vectors]   vec4: four classes
//   norms            [pixels]
//
// One invocation computes BLOCK vectors of one pixel.

#import "lib/invocations.wgsl"

const BLOCK = 4u;
const WRITES_NORMS = 0u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> image: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> input: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> norms: array<f32>;
@group(0) @binding(4) var<storage, read_write> message: array<vec4f>;

struct Params {
  width: u32,
  pixels: u32,
  vectors: u32,
  blocks: u32, // ⌈vectors / BLOCK⌉
  count: u32, // pixels · blocks
  by_place: f32, // 1 / 2σ²
  by_colour: f32,
  scale: f32,
}

fn place_of(pixel: u32) -> vec2f {
  return vec2f(f32(pixel % params.width), f32(pixel / params.width));
}

fn compute(index: u32) {
  if (index >= params.count) { return; }
  let pixel = index / params.blocks;
  let first = index % params.blocks * BLOCK;
  let place = place_of(pixel);
  let colour = round(image[pixel].xyz);

  var sums = array<vec4f, BLOCK>();
  var total = 0.0;
  for (var other = 0u; other < params.pixels; other++) {
    let across = place_of(other) - place;
    let between = round(image[other].xyz) - colour;
    let affinity = exp(-dot(across, across) * params.by_place - dot(between, between) * params.by_colour);
    if (WRITES_NORMS == 1u) {
      total += affinity;
    } else {
      let weight = affinity * norms[other];
      // Past the last vector it computes that one again, and does not store it.
      let at = other * params.vectors;
      for (var i = 0u; i < BLOCK; i++) { sums[i] += weight * input[at + min(first + i, params.vectors - 1u)]; }
    }
  }
  if (WRITES_NORMS == 1u) {
    norms[pixel] = inverseSqrt(total);
  } else {
    for (var i = 0u; i < BLOCK; i++) {
      let at = pixel * params.vectors + first + i;
      if (first + i < params.vectors) { message[at] += params.scale * norms[pixel] * sums[i]; }
    }
  }
}
