// The cross entropy of each label pixel times its class's weight. It is no less than 0, so that its bits can be sorted: those of such
// floats have the order of the floats.
//
//   logits          [n, out_h, in_w, vectors]    vec4: four classes
//   labels          [n, ⌈out_h · out_w / 4⌉]     u32: one byte for each of four pixels, the first in the low byte
//   class_weights   [channels], read if has_class_weights
//   log_sum_exp     [n, out_h, out_w]            of softmax_cross_entropy.wgsl
//   losses          [n, out_h, out_w]            0 where the pixel is ignored
//
// One invocation computes the loss of one label pixel.

#import "lib/class_weights.wgsl"
#import "lib/invocations.wgsl"
#import "lib/is_channel.wgsl"
#import "lib/label_at.wgsl"
#import "lib/pixel_loss.wgsl"
#import "lib/upsampled_logits.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> logits: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> labels: array<u32>;
@group(0) @binding(3) var<storage, read_write> class_weights: array<f32>;
@group(0) @binding(4) var<storage, read_write> log_sum_exp: array<f32>;
@group(0) @binding(5) var<storage, read_write> losses: array<f32>;

struct Params {
  in_w: u32,
  out_h: u32,
  out_w: u32,
  channels: u32,
  vectors: u32,
  pixels: u32, // n · out_h · out_w
  ignore_index: u32,
  has_class_weights: u32,
  label_smoothing: f32,
  // The source coordinate of a target is max(0, target · step + shift) / unit.
  step_x: i32,
  shift_x: i32,
  unit_x: i32,
}

fn compute(pixel: u32) {
  if (pixel >= params.pixels) { return; }
  let size = params.out_h * params.out_w;
  let label = label_at(pixel / size, pixel % size);
  var loss = 0.0;
  if (label != params.ignore_index && label < params.channels) {
    loss = pixel_loss(neighbours_of(pixel), label, log_sum_exp[pixel]);
  }
  losses[pixel] = select(0.0, loss, loss > 0.0); // rounding can make it less, and −0 has other bits
}
