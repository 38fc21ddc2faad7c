// The mean, by a pixel's probabilities, of the Dice loss's gradient by them: the softmax's gradient subtracts it.
//
//   logits        [n, out_h, in_w, vectors]    vec4: four classes
//   labels        [n, ⌈out_h · out_w / 4⌉]     u32: one byte for each of four pixels, the first in the low byte
//   log_sum_exp   [n, out_h, out_w]            of softmax_cross_entropy.wgsl
//   class_terms   [vectors, 2]                 of dice_terms.wgsl
//   means         [n, out_h, out_w]            0 where the pixel is ignored
//
// One invocation computes the mean of one label pixel.

#import "lib/invocations.wgsl"
#import "lib/is_channel.wgsl"
#import "lib/label_at.wgsl"
#import "lib/upsampled_logits.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> logits: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> labels: array<u32>;
@group(0) @binding(3) var<storage, read_write> log_sum_exp: array<f32>;
@group(0) @binding(4) var<storage, read_write> class_terms: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> means: array<f32>;

struct Params {
  in_w: u32,
  out_h: u32,
  out_w: u32,
  channels: u32,
  vectors: u32,
  pixels: u32, // n · out_h · out_w
  ignore_index: u32,
  // The source coordinate of a target is max(0, target · step + shift) / unit.
  step_x: i32,
  shift_x: i32,
  unit_x: i32,
}

fn compute(pixel: u32) {
  if (pixel >= params.pixels) { return; }
  let size = params.out_h * params.out_w;
  let label = label_at(pixel / size, pixel % size);
  var mean = 0.0;
  if (label != params.ignore_index && label < params.channels) {
    let at = neighbours_of(pixel);
    for (var v = 0u; v < params.vectors; v++) {
      let p = select(vec4f(0), exp(upsampled(at, v) - log_sum_exp[pixel]), is_channel(v));
      let is_label = vec4u(v * 4u) + vec4u(0, 1, 2, 3) == vec4u(label);
      mean += dot(p, class_terms[v * 2u + 1u] + select(vec4f(0), class_terms[v * 2u], is_label));
    }
  }
  means[pixel] = mean;
}
