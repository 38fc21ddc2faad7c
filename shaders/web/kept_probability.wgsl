// The share of kept classes at each pixel of a picture, from a class map of another size: its pixels are 1 where they are kept and 0
// elsewhere, and between their centres the share is interpolated.
//
//   mask          [⌈in_h · in_w / 4⌉]   u32: the class ids of four pixels, the first in the low byte
//   kept          [256]                 u32: 1 for a class that is kept, else 0
//   probability   [out_h, out_w]        vec4: the share in the first channel
//
// One invocation computes one pixel.

#import "lib/between.wgsl"
#import "lib/invocations.wgsl"

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> mask: array<u32>;
@group(0) @binding(2) var<storage, read> kept: array<u32>;
@group(0) @binding(3) var<storage, read_write> probability: array<vec4f>;

struct Params {
  in_h: u32,
  in_w: u32,
  out_w: u32,
  count: u32, // out_h · out_w
  // The source coordinate of a target is max(0, target · step + shift) / unit.
  step_y: i32,
  shift_y: i32,
  unit_y: i32,
  step_x: i32,
  shift_x: i32,
  unit_x: i32,
}

fn kept_at(y: u32, x: u32) -> f32 {
  let pixel = y * params.in_w + x;
  return f32(kept[(mask[pixel / 4u] >> (8u * (pixel % 4u))) & 255u]);
}

fn compute(index: u32) {
  if (index >= params.count) { return; }
  let row = index / params.out_w;
  let y = between(i32(row) * params.step_y + params.shift_y, params.unit_y, params.in_h);
  let x = between(i32(index - row * params.out_w) * params.step_x + params.shift_x, params.unit_x, params.in_w);
  let upper = mix(kept_at(y.low, x.low), kept_at(y.low, x.high), x.share);
  let lower = mix(kept_at(y.high, x.low), kept_at(y.high, x.high), x.share);
  probability[index] = vec4f(mix(upper, lower, y.share), 0, 0, 0);
}
