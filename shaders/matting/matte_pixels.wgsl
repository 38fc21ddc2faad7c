// The pixels of a cut-out at the photo's size: alpha by the guided filter's coefficients, which are interpolated (He and Sun 2015), and the
// foreground's own colour by blur fusion (Forte 2021): F = F' + alpha · (I − alpha · F' − (1 − alpha) · B'), where F' and B' are the blurred
// colours of the layers.
//
//   photo          [rows, out_w]     RGBA, one u32 a pixel
//   coefficients   [in_h, in_w]      vec4: a and b
//   layers         [in_h, in_w, 2]   vec4: colour and weight of the foreground, and of the background, blurred
//   pixels         [rows, out_w]     RGBA, one u32 a pixel: F, not multiplied by alpha
//
// One invocation computes one pixel.

#import "lib/between.wgsl"
#import "lib/guided_value.wgsl"
#import "lib/invocations.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> photo: array<u32>;
@group(0) @binding(2) var<storage, read_write> coefficients: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> layers: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> pixels: array<u32>;

struct Params {
  in_h: u32,
  in_w: u32,
  out_w: u32,
  count: u32, // rows · out_w
  // The source coordinate of a target is max(0, target · step + shift) / unit.
  step_y: i32,
  shift_y: i32,
  unit_y: i32,
  step_x: i32,
  shift_x: i32,
  unit_x: i32,
}

// A layer without weight has no colour nearby, and its share in the pixel is 0.
const LEAST = 1e-5;

fn compute(index: u32) {
  if (index >= params.count) { return; }
  let row = index / params.out_w;
  let y = between(i32(row) * params.step_y + params.shift_y, params.unit_y, params.in_h);
  let x = between(i32(index - row * params.out_w) * params.step_x + params.shift_x, params.unit_x, params.in_w);
  let at = vec4u(
    y.low * params.in_w + x.low,
    y.low * params.in_w + x.high,
    y.high * params.in_w + x.low,
    y.high * params.in_w + x.high,
  );
  let colour = unpack4x8unorm(photo[index]).xyz - 0.5;
  let local = mix(
    mix(coefficients[at.x], coefficients[at.y], x.share),
    mix(coefficients[at.z], coefficients[at.w], x.share),
    y.share,
  );
  let alpha = guided_value(local, colour);
  let front = layer_at(at, 0u, vec2f(x.share, y.share));
  let back = layer_at(at, 1u, vec2f(x.share, y.share));
  let own = front + alpha * (colour - alpha * front - (1.0 - alpha) * back);
  pixels[index] = pack4x8unorm(vec4f(own + 0.5, alpha));
}

fn layer_at(at: vec4u, layer: u32, share: vec2f) -> vec3f {
  let value = mix(
    mix(layers[at.x * 2u + layer], layers[at.y * 2u + layer], share.x),
    mix(layers[at.z * 2u + layer], layers[at.w * 2u + layer], share.x),
    share.y,
  );
  return value.xyz / max(value.w, LEAST);
}
