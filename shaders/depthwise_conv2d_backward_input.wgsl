// The gradient of depthwise_conv2d.wgsl with respect to its input.
//
//   output_gradient   [n, out_h, out_w, vectors]   vec4: four channels
//   weight            [k_h, k_w, vectors]          as depthwise_conv2d.wgsl reads it
//   input_gradient    [n, in_h, in_w, vectors]
//
// A tap carries an input pixel to an output pixel only where their distance divides by the stride, which depends on the
// pixel's coordinates modulo the stride: its phase. So a workgroup takes pixels of one phase and leaves the other taps out.
// All phases are as large as the largest, ⌈in_h / stride⌉ × ⌈in_w / stride⌉: the last pixels may lie past the map.
//
// One invocation computes one vector of TILE_PIXELS neighbouring pixels of a phase, so that a weight is loaded once for all of
// them. Neighbouring invocations take neighbouring vectors.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> output_gradient: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> input_gradient: array<vec4f>;

struct Params {
  in_h: u32,
  in_w: u32,
  out_h: u32,
  out_w: u32,
  vectors: u32,
  phase_h: u32,
  phase_w: u32,
  phase_pixels: u32, // n · phase_h · phase_w
  phase_groups: u32, // workgroups for a phase
  k_h: u32,
  k_w: u32,
  stride: u32,
  dilation: u32,
  pad_top: u32,
  pad_left: u32,
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let group_index = group.y * groups.x + group.x;
  let phase_index = group_index / params.phase_groups;
  let phase = vec2u(phase_index % params.stride, phase_index / params.stride);
  let index = group_index % params.phase_groups * 64u + lane;
  let vector = index % params.vectors;
  let first_pixel = index / params.vectors * TILE_PIXELS;

  // Places in the phase: the pixel itself is at place · stride + phase.
  var images: array<u32, TILE_PIXELS>;
  var places: array<vec2u, TILE_PIXELS>;
  var is_inside: array<bool, TILE_PIXELS>;
  for (var p = 0u; p < TILE_PIXELS; p++) {
    let row = (first_pixel + p) / params.phase_w;
    images[p] = row / params.phase_h;
    places[p] = vec2u((first_pixel + p) % params.phase_w, row % params.phase_h);
    let pixel = places[p] * params.stride + phase;
    is_inside[p] = first_pixel + p < params.phase_pixels && all(pixel < vec2u(params.in_w, params.in_h));
  }

  var sums: array<vec4f, TILE_PIXELS>;
  for (var ky = 0u; ky < params.k_h; ky++) {
    for (var kx = 0u; kx < params.k_w; kx++) {
      // Where the tap carries the pixel of place 0, and with it all: from place to place the output steps by one.
      let from_origin = vec2i(phase + vec2u(params.pad_left, params.pad_top)) - vec2i(vec2u(kx, ky) * params.dilation);
      if (any(from_origin % i32(params.stride) != vec2i(0))) { continue; }
      let shift = vec2u(from_origin / i32(params.stride));

      let w = weight[(ky * params.k_w + kx) * params.vectors + vector];
      for (var p = 0u; p < TILE_PIXELS; p++) {
        // Negative coordinates wrap round to large ones, so one comparison tells.
        let at = places[p] + shift;
        if (is_inside[p] && all(at < vec2u(params.out_w, params.out_h))) {
          let pixel = (images[p] * params.out_h + at.y) * params.out_w + at.x;
          sums[p] = fma(output_gradient[pixel * params.vectors + vector], w, sums[p]);
        }
      }
    }
  }

  for (var p = 0u; p < TILE_PIXELS; p++) {
    let pixel = places[p] * params.stride + phase;
    let at = ((images[p] * params.in_h + pixel.y) * params.in_w + pixel.x) * params.vectors;
    if (is_inside[p]) { input_gradient[at + vector] = sums[p]; }
  }
}
