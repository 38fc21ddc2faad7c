// The convolution of conv2d.wgsl, with the same buffers and parameters, for adapters whose subgroups have a fixed size.
//
// A workgroup is one subgroup and computes 8 pixels × (its size) vectors. Lanes are columns: each keeps one vector of output
// channels for all eight pixels. Of the rows each lane loads one pixel and hands it to the others by subgroupBroadcast, where
// in conv2d.wgsl every lane loads all of them: on a CPU adapter loads are what costs.

enable subgroups;
// A workgroup is one subgroup, so what differs between workgroups does not differ within a subgroup.
diagnostic(off, subgroup_uniformity);

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> bias: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> residual: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> output: array<vec4f>;

struct Params {
  in_h: u32,
  in_w: u32,
  in_vectors: u32,
  out_h: u32,
  out_w: u32,
  out_vectors: u32,
  out_pitch: u32,
  out_offset: u32,
  pixels: u32, // n · out_h · out_w
  row_tiles: u32, // workgroups along the pixels
  k_h: u32,
  k_w: u32,
  stride: u32,
  dilation: u32,
  pad_top: u32,
  pad_left: u32,
  bias_pitch: u32, // 0: one bias for all images
  has_residual: u32,
  low: f32, // the activation: values are clamped to low … high
  high: f32,
}

override SUBGROUP_SIZE: u32;

const OUTSIDE = 0xffffffffu;

// Index of the first vector of the input pixel under a tap, or OUTSIDE.
fn tap_address(pixel: u32, ky: u32, kx: u32) -> u32 {
  // Negative coordinates wrap round to large ones, so one comparison tells.
  let row = pixel / params.out_w;
  let y = row % params.out_h * params.stride + ky * params.dilation - params.pad_top;
  let x = pixel % params.out_w * params.stride + kx * params.dilation - params.pad_left;
  let inside = y < params.in_h && x < params.in_w && pixel < params.pixels;
  return select(OUTSIDE, ((row / params.out_h * params.in_h + y) * params.in_w + x) * params.in_vectors, inside);
}

// What the first eight lanes hold: the value of each of eight pixels.
fn gather(value: f32) -> array<f32, 8> {
  return array(
    subgroupBroadcast(value, 0), subgroupBroadcast(value, 1), subgroupBroadcast(value, 2), subgroupBroadcast(value, 3),
    subgroupBroadcast(value, 4), subgroupBroadcast(value, 5), subgroupBroadcast(value, 6), subgroupBroadcast(value, 7),
  );
}

// Comparisons rather than clamp, so that NaN stays NaN.
fn activate(value: vec4f) -> vec4f {
  let raised = select(value, vec4f(params.low), value < vec4f(params.low));
  return select(raised, vec4f(params.high), raised > vec4f(params.high));
}

@compute @workgroup_size(SUBGROUP_SIZE)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(subgroup_invocation_id) lane: u32,
) {
  let tile = group.y * groups.x + group.x;
  let first_pixel = tile % params.row_tiles * 8u;
  let vector = tile / params.row_tiles * SUBGROUP_SIZE + lane;
  // Past the last vector a lane repeats it, and stores nothing.
  let column = min(vector, params.out_vectors - 1u);

  var sums: array<vec4f, 8>;
  for (var ky = 0u; ky < params.k_h; ky++) {
    for (var kx = 0u; kx < params.k_w; kx++) {
      let address = tap_address(first_pixel + lane % 8u, ky, kx);
      let outside = address == OUTSIDE;
      if (subgroupAll(outside)) { continue; }

      var row = (ky * params.k_w + kx) * params.in_vectors * 4u * params.out_vectors + column;
      for (var i = 0u; i < params.in_vectors; i++) {
        let mine = select(input[select(address + i, 0u, outside)], vec4f(0), outside);
        for (var c = 0u; c < 4u; c++) {
          let w = weight[row];
          let values = gather(mine[c]);
          for (var p = 0u; p < 8u; p++) { sums[p] = fma(vec4f(values[p]), w, sums[p]); }
          row += params.out_vectors;
        }
      }
    }
  }

  let area = params.out_h * params.out_w;
  for (var p = 0u; p < 8u; p++) {
    let pixel = first_pixel + p;
    if (pixel < params.pixels && vector < params.out_vectors) {
      let at = pixel * params.out_pitch + params.out_offset + vector;
      var value = sums[p] + bias[pixel / area * params.bias_pitch + vector];
      if (params.has_residual != 0u) { value += residual[at]; }
      output[at] = activate(value);
    }
  }
}
