// Bilinear resize, in PyTorch's two conventions.
//
//   input    [n, in_h, in_w, vectors]     vec4: four channels
//   output   [n, out_h, out_w, vectors]
//
// One invocation computes one vector of one output pixel.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4f>;

struct Params {
  in_h: u32,
  in_w: u32,
  out_h: u32,
  out_w: u32,
  vectors: u32,
  count: u32, // n · out_h · out_w · vectors
  // Source coordinate = max(0, target · step + shift) / unit: integers, since in f32 it would be too coarse.
  step_y: i32,
  shift_y: i32,
  unit_y: i32,
  step_x: i32,
  shift_x: i32,
  unit_x: i32,
}

// The two source indices that a target lies between, and how far it is from the first to the second.
struct Between {
  low: u32,
  high: u32,
  share: f32,
}

fn between(numerator: i32, unit: i32, size: u32) -> Between {
  let low = u32(max(0, numerator) / unit);
  return Between(low, min(low + 1u, size - 1u), f32(max(0, numerator) % unit) / f32(unit));
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = (group.y * groups.x + group.x) * 64u + lane;
  if (index >= params.count) { return; }
  let vector = index % params.vectors;
  let pixel = index / params.vectors;
  let row = pixel / params.out_w;
  let image = row / params.out_h * params.in_h;
  let y = between(i32(row % params.out_h) * params.step_y + params.shift_y, params.unit_y, params.in_h);
  let x = between(i32(pixel % params.out_w) * params.step_x + params.shift_x, params.unit_x, params.in_w);

  let top = (image + y.low) * params.in_w;
  let bottom = (image + y.high) * params.in_w;
  let above = mix(input[(top + x.low) * params.vectors + vector], input[(top + x.high) * params.vectors + vector], x.share);
  let below = mix(input[(bottom + x.low) * params.vectors + vector], input[(bottom + x.high) * params.vectors + vector], x.share);
  output[index] = mix(above, below, y.share);
}
