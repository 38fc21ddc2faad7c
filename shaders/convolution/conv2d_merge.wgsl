// Adds up the partial sums of conv2d_tiled.wgsl, always in the same order: output = act(Σ partials + bias + residual).
//
//   partials [splits, n, out_h, out_w, out_vectors]
//   bias     [out_vectors], or [n, bias_pitch] for a bias per image; read if has_bias
//   residual has the output's shape; read if has_residual
//   output   [n, out_h, out_w, out_pitch]   this op writes out_vectors from out_offset on
//
// One invocation computes one vector of one output pixel.

#import "lib/activate.wgsl"
#import "lib/invocations.wgsl"
#import "lib/store_output.wgsl"

alias Stored = f32; // the type in memory; a kernel may replace it by f16. All arithmetic is in f32.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> partials: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> bias: array<vec4<Stored>>;
@group(0) @binding(3) var<storage, read_write> residual: array<vec4<Stored>>;
@group(0) @binding(4) var<storage, read_write> output: array<vec4<Stored>>;

struct Params {
  count: u32, // n · out_h · out_w · out_vectors
  splits: u32,
  image_pixels: u32, // out_h · out_w
  out_vectors: u32,
  out_pitch: u32, // vectors of a pixel in `output`
  out_offset: u32, // the first of them that this op writes
  has_bias: u32,
  bias_pitch: u32, // vectors from one image's bias to the next; 0: all images share one bias
  has_residual: u32,
  in_place: u32, // 1: the residual is what `output` holds before
  low: f32, // the activation clamps to low … high
  high: f32,
}

fn compute(index: u32) {
  if (index >= params.count) { return; }
  let pixel = index / params.out_vectors;
  let vector = index - pixel * params.out_vectors;

  var sum = partials[index];
  for (var split = 1u; split < params.splits; split++) { sum += partials[split * params.count + index]; }
  let bias_at = pixel / params.image_pixels * params.bias_pitch + vector;
  store_output(sum, bias_at, pixel * params.out_pitch + params.out_offset + vector);
}
