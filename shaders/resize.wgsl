// Bilinear resize, in PyTorch's two conventions.
//
//   input    [n, in_h, in_w, vectors]     vec4: four channels
//   output   [n, out_h, out_w, vectors]
//
// One invocation computes one vector of ROWS pixels below each other. Those that lie between the same two rows of the input share
// what is loaded of them.

// Stored is f32 or f16, as the kernel says; all is computed in f32.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4<Stored>>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4<Stored>>;

struct Params {
  in_h: u32,
  in_w: u32,
  out_h: u32,
  out_w: u32,
  vectors: u32,
  strips: u32, // ⌈out_h / ROWS⌉
  count: u32, // n · strips · out_w · vectors
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
  let low = max(0, numerator) / unit;
  let rest = max(0, numerator) - low * unit;
  return Between(u32(low), min(u32(low) + 1u, size - 1u), f32(rest) / f32(unit));
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = (group.y * groups.x + group.x) * 64u + lane;
  if (index >= params.count) { return; }
  let place = index / params.vectors;
  let vector = index - place * params.vectors;
  let strip_row = place / params.out_w;
  let column = place - strip_row * params.out_w;
  let image = strip_row / params.strips;
  let first_row = (strip_row - image * params.strips) * ROWS;
  let x = between(i32(column) * params.step_x + params.shift_x, params.unit_x, params.in_w);
  let left = x.low * params.vectors + vector;
  let right = x.high * params.vectors + vector;

  var above = vec4f(0);
  var below = vec4f(0);
  var loaded = params.in_h; // the row that `above` is of: none yet
  for (var row = first_row; row < min(first_row + ROWS, params.out_h); row++) {
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
