// Maximum over a window; padding counts as −∞, and NaN wins, as in PyTorch.
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
  k_h: u32,
  k_w: u32,
  stride: u32,
  pad_top: u32,
  pad_left: u32,
  lowest: f32, // −∞, which WGSL cannot write
}

// By its bits: compilers take `value != value` for false.
fn is_nan(value: vec4f) -> vec4<bool> {
  return (bitcast<vec4u>(value) & vec4u(0x7fffffff)) > vec4u(0x7f800000);
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

  var best = vec4f(params.lowest);
  for (var ky = 0u; ky < params.k_h; ky++) {
    for (var kx = 0u; kx < params.k_w; kx++) {
      // Before the map these wrap round to large numbers.
      let y = row % params.out_h * params.stride + ky - params.pad_top;
      let x = pixel % params.out_w * params.stride + kx - params.pad_left;
      if (y < params.in_h && x < params.in_w) {
        let value = input[((image + y) * params.in_w + x) * params.vectors + vector];
        best = select(best, value, (value > best) | is_nan(value));
      }
    }
  }
  output[index] = best;
}
