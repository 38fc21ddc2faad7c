// Maximum over a window; padding counts as −∞, and NaN wins, as in PyTorch.
//
//   input    [n, in_h, in_w, vectors]     vec4: four channels
//   output   [n, out_h, out_w, vectors]
//
// One invocation computes one vector of a strip of pixels below each other. It goes down the input row by row and loads each once for
// all the output pixels that it belongs to.

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
  count: u32, // n · strips · out_w · vectors
  strips: u32, // below each other
  strip_rows: u32,
  pad_top: u32,
  pad_left: u32,
  lowest: f32, // −∞, which WGSL cannot write
}

// By its bits: compilers take `value != value` for false.
fn is_nan(value: vec4f) -> vec4<bool> {
  return (bitcast<vec4u>(value) & vec4u(0x7fffffff)) > vec4u(0x7f800000);
}

fn maximum(a: vec4f, b: vec4f) -> vec4f {
  return select(a, b, (b > a) | is_nan(b));
}

// Output pixels that one input row can belong to.
const OPEN_ROWS = (K_H + STRIDE - 1u) / STRIDE;

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
  let row = place / params.out_w;
  let out_x = place - row * params.out_w;
  let image = row / params.strips;
  let first_y = (row - image * params.strips) * params.strip_rows;

  // Before the map, coordinates wrap round to large ones.
  let left = out_x * STRIDE - params.pad_left;
  var in_y = first_y * STRIDE - params.pad_top;
  var out_y = first_y - (OPEN_ROWS - 1u);
  var best: array<vec4f, OPEN_ROWS>; // the newest row comes first
  for (var open = 0u; open < OPEN_ROWS; open++) { best[open] = vec4f(params.lowest); }
  for (var newest = 0u; newest < params.strip_rows + OPEN_ROWS - 1u; newest++) {
    for (var s = 0u; s < STRIDE; s++) {
      var row_best = vec4f(params.lowest);
      for (var kx = 0u; kx < K_W; kx++) {
        let loaded = vec4f(input[((image * params.in_h + in_y) * params.in_w + left + kx) * params.vectors + vector]);
        let is_inside = in_y < params.in_h && left + kx < params.in_w;
        row_best = maximum(row_best, select(vec4f(params.lowest), loaded, is_inside));
      }
      for (var open = 0u; open < OPEN_ROWS; open++) {
        if (open * STRIDE + s < K_H) { best[open] = maximum(best[open], row_best); }
      }
      in_y++;
    }

    // The oldest row is complete, but for the first rounds, which have none.
    if (newest >= OPEN_ROWS - 1u && out_y < params.out_h) {
      let at = ((image * params.out_h + out_y) * params.out_w + out_x) * params.vectors + vector;
      output[at] = vec4<Stored>(best[OPEN_ROWS - 1u]);
    }
    out_y++;

    let before = best;
    best[0] = vec4f(params.lowest);
    for (var open = 1u; open < OPEN_ROWS; open++) { best[open] = before[open - 1u]; }
  }
}
