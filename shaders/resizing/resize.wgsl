// Bilinear resize, in PyTorch's two conventions.
//
//   input    [n, in_h, in_w, vectors]     vec4: four channels
//   output   [n, out_h, out_w, vectors]
//
// One invocation computes one vector of LANE_ROWS pixels below each other. Pixels between the same two rows of the
// input share the loads of these rows.

#import "lib/between.wgsl"
#import "lib/invocations.wgsl"

alias Stored = f32; // the type in memory; a kernel may replace it by f16. All arithmetic is in f32.

const LANE_ROWS = 8u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4<Stored>>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4<Stored>>;

struct Params {
  in_h: u32,
  in_w: u32,
  out_h: u32,
  out_w: u32,
  vectors: u32,
  strips: u32, // ⌈out_h / LANE_ROWS⌉
  count: u32, // n · strips · out_w · vectors
  // The source coordinate of a target is max(0, target · step + shift) / unit.
  step_y: i32,
  shift_y: i32,
  unit_y: i32,
  step_x: i32,
  shift_x: i32,
  unit_x: i32,
}

fn compute(index: u32) {
  if (index >= params.count) { return; }
  let place = index / params.vectors;
  let vector = index - place * params.vectors;
  let strip_row = place / params.out_w;
  let column = place - strip_row * params.out_w;
  let image = strip_row / params.strips;
  let first_row = (strip_row - image * params.strips) * LANE_ROWS;
  let x = between(i32(column) * params.step_x + params.shift_x, params.unit_x, params.in_w);
  let left = x.low * params.vectors + vector;
  let right = x.high * params.vectors + vector;

  var above = vec4f(0);
  var below = vec4f(0);
  var loaded = params.in_h; // the input row in `above`: none yet
  for (var row = first_row; row < min(first_row + LANE_ROWS, params.out_h); row++) {
    let y = between(i32(row) * params.step_y + params.shift_y, params.unit_y, params.in_h);
    if (y.low != loaded) {
      let top = (image * params.in_h + y.low) * params.in_w * params.vectors;
      let bottom = (image * params.in_h + y.high) * params.in_w * params.vectors;
      above = mix(vec4f(input[top + left]), vec4f(input[top + right]), x.share);
      below = mix(vec4f(input[bottom + left]), vec4f(input[bottom + right]), x.share);
      loaded = y.low;
    }
    let at = ((image * params.out_h + row) * params.out_w + column) * params.vectors + vector;
    output[at] = vec4<Stored>(mix(above, below, y.share));
  }
}
