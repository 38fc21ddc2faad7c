// Multi-scale and flipped inference, and windows of a large photo: upsamples the logits of one view, takes their softmax, and adds it to
// a weighted sum.
//
//   logits        [n, in_h, in_w, vectors]     vec4: four classes
//   weights       for each row and for each column of the accumulator, from `row_weights` and `column_weights` on: of a window
//   accumulator   [n, out_h, out_w, vectors]   the first view overwrites it, the other views add to it
//
// One invocation computes all classes of one pixel of the accumulator.

#import "lib/between.wgsl"
#import "lib/invocations.wgsl"
#import "lib/is_channel.wgsl"

alias Stored = f32; // the type in memory; a kernel may replace it by f16. All arithmetic is in f32.

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> logits: array<vec4<Stored>>;
@group(0) @binding(2) var<storage, read> weights: array<f32>;
@group(0) @binding(3) var<storage, read_write> accumulator: array<vec4f>;

struct Params {
  in_h: u32,
  in_w: u32,
  out_h: u32,
  out_w: u32,
  channels: u32,
  vectors: u32,
  pixels: u32, // n · out_h · out_w
  flip: u32, // 1: the view was mirrored left to right
  last_column: i32, // of a mirrored view: the sum of a column and the one that mirrors it
  weight: f32,
  is_first: u32, // 1: this is the first view
  is_window: u32, // 1: rows and columns have weights of their own
  row_weights: u32,
  column_weights: u32,
  // The source coordinate of a target is max(0, target · step + shift) / unit.
  step_y: i32,
  shift_y: i32,
  unit_y: i32,
  step_x: i32,
  shift_x: i32,
  unit_x: i32,
}

// The first vectors of the four pixels around a position, and where the position is between them.
struct Corners {
  top_left: u32,
  top_right: u32,
  bottom_left: u32,
  bottom_right: u32,
  share: vec2f,
}

fn corners_of(pixel: u32) -> Corners {
  let row = pixel / params.out_w;
  let column = i32(pixel % params.out_w);
  let mirrored = select(column, params.last_column - column, params.flip != 0u);
  let y = between(i32(row % params.out_h) * params.step_y + params.shift_y, params.unit_y, params.in_h);
  let x = between(mirrored * params.step_x + params.shift_x, params.unit_x, params.in_w);
  let top = (row / params.out_h * params.in_h + y.low) * params.in_w;
  let bottom = (row / params.out_h * params.in_h + y.high) * params.in_w;
  return Corners(
    (top + x.low) * params.vectors,
    (top + x.high) * params.vectors,
    (bottom + x.low) * params.vectors,
    (bottom + x.high) * params.vectors,
    vec2f(x.share, y.share),
  );
}

fn upsampled(at: Corners, vector: u32) -> vec4f {
  let above = mix(vec4f(logits[at.top_left + vector]), vec4f(logits[at.top_right + vector]), at.share.x);
  let below = mix(vec4f(logits[at.bottom_left + vector]), vec4f(logits[at.bottom_right + vector]), at.share.x);
  return mix(above, below, at.share.y);
}

// The weight of a pixel of the accumulator.
fn weight_of(pixel: u32) -> f32 {
  if (params.is_window == 0u) { return params.weight; }
  let row = pixel / params.out_w % params.out_h;
  let column = pixel % params.out_w;
  return params.weight * weights[params.row_weights + row] * weights[params.column_weights + column];
}

fn compute(pixel: u32) {
  if (pixel >= params.pixels) { return; }
  let corners = corners_of(pixel);

  var highest = vec4f(upsampled(corners, 0).x);
  for (var v = 0u; v < params.vectors; v++) {
    highest = select(highest, max(highest, upsampled(corners, v)), is_channel(v));
  }
  let shift = max(max(highest.x, highest.y), max(highest.z, highest.w));

  var sums = vec4f(0);
  for (var v = 0u; v < params.vectors; v++) {
    sums += select(vec4f(0), exp(upsampled(corners, v) - shift), is_channel(v));
  }
  let scale = weight_of(pixel) / (sums.x + sums.y + sums.z + sums.w);

  for (var v = 0u; v < params.vectors; v++) {
    let share = select(vec4f(0), exp(upsampled(corners, v) - shift) * scale, is_channel(v));
    let at = pixel * params.vectors + v;
    accumulator[at] = select(accumulator[at] + share, share, params.is_first != 0u);
  }
}
