// The class of each pixel: bilinear upsampling of the logits and argmax in one, so that full-resolution logits never exist.
// The lowest class wins a tie.
//
//   logits   [n, in_h, in_w, vectors]           vec4: four classes
//   classes  [n, ⌈out_h · out_w / 4⌉]           u32: four pixels, a byte each, the first in the low byte
//
// One invocation makes a run of PIXELS pixels, which are whole words. Those of a run that lie between the same four logits,
// a segment, share their loads.

// Stored is f32 or f16, as the kernel says; all is computed in f32.

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
  image_runs: u32, // ⌈out_h · out_w / PIXELS⌉
  count: u32, // n · image_runs
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

// Logits between the upper and the lower row, of a vector of classes. Lanes that pad the classes repeat a class before them,
// which wins the tie.
fn logits_at(upper: u32, lower: u32, share: f32, vector: u32) -> vec4f {
  let above = vec4f(logits[upper * params.vectors + vector]);
  let below = vec4f(logits[lower * params.vectors + vector]);
  let values = mix(above, below, share);
  return select(values.xxxx, values, vec4u(vector * 4u) + vec4u(0, 1, 2, 3) < vec4u(params.channels));
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = (group.y * groups.x + group.x) * 64u + lane;
  if (index >= params.count) { return; }
  let image = index / params.image_runs;
  let run = index - image * params.image_runs;
  let end = min(PIXELS, params.out_h * params.out_w - run * PIXELS);

  var best: array<u32, PIXELS>;
  var best_values: array<f32, PIXELS>;
  var first = 0u; // of the segment, in the run
  while (first < end) {
    let row = (run * PIXELS + first) / params.out_w;
    let column = run * PIXELS + first - row * params.out_w;
    let y = between(i32(row) * params.step_y + params.shift_y, params.unit_y, params.in_h);
    let x = between(i32(column) * params.step_x + params.shift_x, params.unit_x, params.in_w);

    var is_inside: array<bool, PIXELS>;
    var shares: array<f32, PIXELS>;
    var next = first;
    for (var p = 0u; p < PIXELS; p++) {
      let numerator = i32(column + p - first) * params.step_x + params.shift_x;
      let from_low = max(0, numerator) - i32(x.low) * params.unit_x;
      is_inside[p] = p >= first && column + p - first < params.out_w && from_low < params.unit_x;
      shares[p] = f32(from_low) / f32(params.unit_x);
      next += u32(is_inside[p]);
    }

    let upper = (image * params.in_h + y.low) * params.in_w;
    let lower = (image * params.in_h + y.high) * params.in_w;
    for (var vector = 0u; vector < params.vectors; vector++) {
      let left = logits_at(upper + x.low, lower + x.low, y.share, vector);
      let right = logits_at(upper + x.high, lower + x.high, y.share, vector);
      for (var p = 0u; p < PIXELS; p++) {
        let values = mix(left, right, shares[p]);
        for (var c = 0u; c < 4u; c++) {
          let class_id = vector * 4u + c;
          let wins = is_inside[p] && (class_id == 0u || values[c] > best_values[p]);
          best[p] = select(best[p], class_id, wins);
          best_values[p] = select(best_values[p], values[c], wins);
        }
      }
    }
    first = next;
  }

  for (var w = 0u; w < PIXELS / 4u; w++) {
    var word = 0u;
    for (var p = 0u; p < 4u; p++) { word |= best[w * 4u + p] << (8u * p); }
    let at = run * (PIXELS / 4u) + w;
    if (at < params.image_words) { classes[image * params.image_words + at] = word; }
  }
}
