// The class of each pixel: bilinear upsampling of the logits and argmax in one kernel, so that the full-resolution
// logits never exist in memory. The lowest class wins a tie.
//
//   logits   [n, in_h, in_w, vectors]     vec4: four classes
//   classes  [n, ⌈out_h · out_w / 4⌉]     u32: one byte for each of four pixels, the first in the low byte
//
// One invocation computes a run of LANE_PIXELS pixels, which are whole words. The pixels of a run that are between the
// same four logits make a segment and share its loads.

#import "lib/between.wgsl"
#import "lib/invocations.wgsl"
#import "lib/is_channel.wgsl"

alias Stored = f32; // the type in memory; a kernel may replace it by f16. All arithmetic is in f32.

const LANE_PIXELS = 8u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> logits: array<vec4<Stored>>;
@group(0) @binding(2) var<storage, read_write> classes: array<u32>;

struct Params {
  in_h: u32,
  in_w: u32,
  out_h: u32,
  out_w: u32,
  channels: u32,
  vectors: u32,
  image_words: u32, // ⌈out_h · out_w / 4⌉
  image_runs: u32, // ⌈out_h · out_w / LANE_PIXELS⌉
  count: u32, // n · image_runs
  // The source coordinate of a target is max(0, target · step + shift) / unit.
  step_y: i32,
  shift_y: i32,
  unit_y: i32,
  step_x: i32,
  shift_x: i32,
  unit_x: i32,
}

// A vector of logits between the upper and the lower row. Components past the last class repeat an earlier class, which
// wins the tie.
fn logits_at(upper: u32, lower: u32, share: f32, vector: u32) -> vec4f {
  let above = vec4f(logits[upper * params.vectors + vector]);
  let below = vec4f(logits[lower * params.vectors + vector]);
  let values = mix(above, below, share);
  return select(values.xxxx, values, is_channel(vector));
}

fn compute(index: u32) {
  if (index >= params.count) { return; }
  let image = index / params.image_runs;
  let run = index - image * params.image_runs;
  let end = min(LANE_PIXELS, params.out_h * params.out_w - run * LANE_PIXELS);

  var best: array<u32, LANE_PIXELS>;
  var best_values: array<f32, LANE_PIXELS>;
  var first = 0u; // the segment's first pixel in the run
  while (first < end) {
    let row = (run * LANE_PIXELS + first) / params.out_w;
    let column = run * LANE_PIXELS + first - row * params.out_w;
    let y = between(i32(row) * params.step_y + params.shift_y, params.unit_y, params.in_h);
    let x = between(i32(column) * params.step_x + params.shift_x, params.unit_x, params.in_w);

    var is_inside = array<bool, LANE_PIXELS>();
    var shares = array<f32, LANE_PIXELS>();
    var next = first;
    for (var p = 0u; p < LANE_PIXELS; p++) {
      let numerator = i32(column + p - first) * params.step_x + params.shift_x;
      let from_low = max(0, numerator) - i32(x.low) * params.unit_x;
      // `&` and `|` do not branch, as `&&` and `||` do on some CPU adapters: there that takes ten times as long to compile.
      is_inside[p] = (p >= first) & (column + p - first < params.out_w) & (from_low < params.unit_x);
      shares[p] = f32(from_low) / f32(params.unit_x);
      next += u32(is_inside[p]);
    }

    let upper = (image * params.in_h + y.low) * params.in_w;
    let lower = (image * params.in_h + y.high) * params.in_w;
    for (var vector = 0u; vector < params.vectors; vector++) {
      let left = logits_at(upper + x.low, lower + x.low, y.share, vector);
      let right = logits_at(upper + x.high, lower + x.high, y.share, vector);
      for (var p = 0u; p < LANE_PIXELS; p++) {
        let values = mix(left, right, shares[p]);
        for (var c = 0u; c < 4u; c++) {
          let class_id = vector * 4u + c;
          let wins = is_inside[p] & ((class_id == 0u) | (values[c] > best_values[p]));
          best[p] = select(best[p], class_id, wins);
          best_values[p] = select(best_values[p], values[c], wins);
        }
      }
    }
    first = next;
  }

  for (var w = 0u; w < LANE_PIXELS / 4u; w++) {
    var word = 0u;
    for (var p = 0u; p < 4u; p++) { word |= best[w * 4u + p] << (8u * p); }
    let at = run * (LANE_PIXELS / 4u) + w;
    if (at < params.image_words) { classes[image * params.image_words + at] = word; }
  }
}
