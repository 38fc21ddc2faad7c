// The gradient of depthwise_conv2d.wgsl by its input.
//
//   output_gradient   [n, out_h, out_w, vectors]   vec4: four channels
//   weight            [K_H, K_W, vectors]          as depthwise_conv2d.wgsl reads it
//   input_gradient    [n, in_h, in_w, vectors]
//
// A tap connects an input pixel with an output pixel only where their distance is a multiple of the stride. That
// depends on the pixel's coordinates modulo the stride, which are its phase. For the pixels of one phase, every
// TAP_STEP-th tap does so, and from one of these taps to the next the output pixel is `step` further back. So each
// phase is a convolution of stride 1.
//
// One invocation computes one vector of a strip, as in depthwise_conv2d.wgsl: pixels of one phase below each other,
// `step` places apart. Every phase counts as many pixels as the largest phase, ⌈in_h / stride⌉ × ⌈in_w / stride⌉, so
// that its last pixels may be past the map.

#import "lib/invocations.wgsl"
#import "lib/many_turns.wgsl"

const K_H = 3u;
const K_W = 3u;
const STRIDE = 1u;
const TAP_STEP = 1u; // from one tap of a phase to the next
// Rows of a phase's taps whose weights stay in registers. The weights of the others are loaded in each turn: the registers of Intel's
// GPUs hold two rows of three.
const HELD_ROWS = 3u;

// The most taps that a phase has.
const TAPS_H = (K_H + TAP_STEP - 1u) / TAP_STEP;
const TAPS_W = (K_W + TAP_STEP - 1u) / TAP_STEP;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> output_gradient: array<vec4f>;
@group(0) @binding(2) var<storage, read> weight: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> input_gradient: array<vec4f>;

struct Params {
  batch: u32,
  in_h: u32,
  in_w: u32,
  out_h: u32,
  out_w: u32,
  vectors: u32,
  count: u32, // STRIDE² · n · strips · phase_w · vectors
  phase_w: u32,
  strips: u32, // of a phase, along its height; see src/kernels/row_strips.ts
  strip_rows: u32, // pixels of a strip
  step: u32, // places between them
  dilation: u32,
  pad_top: u32,
  pad_left: u32,
}

// The first tap of a phase along one axis, and the output coordinate that it connects with place 0.
struct FirstTap {
  k: u32, // past the kernel, if the phase has no tap
  at: u32, // a negative coordinate wraps round to a large one
}

fn first_tap(phase: u32, pad: u32) -> FirstTap {
  for (var k = 0u; k < TAP_STEP; k++) {
    let from_start = i32(phase + pad) - i32(k * params.dilation);
    if (from_start % i32(STRIDE) == 0) { return FirstTap(k, u32(from_start / i32(STRIDE))); }
  }
  return FirstTap(max(K_H, K_W), 0);
}

fn compute(index: u32) {
  if (index >= params.count) { return; }
  let place = index / params.vectors;
  let vector = index - place * params.vectors;
  let row = place / params.phase_w;
  let place_x = place - row * params.phase_w;
  let phase_image = row / params.strips;
  let strip = row - phase_image * params.strips;
  let phase = phase_image / params.batch;
  let image = phase_image - phase * params.batch;
  let block = strip / params.step;
  let first_y = block * (params.strip_rows - 1u) * params.step + strip;

  let tap_x = first_tap(phase % STRIDE, params.pad_left);
  let tap_y = first_tap(phase / STRIDE, params.pad_top);
  let first_weight = (tap_y.k * K_W + tap_x.k) * params.vectors + vector;
  var held: array<vec4f, HELD_ROWS * TAPS_W>;
  for (var i = 0u; i < HELD_ROWS * TAPS_W; i++) {
    held[i] = weight[first_weight + (i / TAPS_W * K_W + i % TAPS_W) * TAP_STEP * params.vectors];
  }

  // Rows before the map wrap round to large ones, and their indices with them.
  let in_x = place_x * STRIDE + phase % STRIDE;
  let end_y = select(0u, params.in_h, in_x < params.in_w);
  let out_x = place_x + tap_x.at;
  var in_y = (first_y - (TAPS_H - 1u) * params.step) * STRIDE + phase / STRIDE;
  var out_y = first_y + tap_y.at - (TAPS_H - 1u) * params.step;
  var in_at = ((image * params.in_h + in_y) * params.in_w + in_x) * params.vectors + vector;
  var out_at = ((image * params.out_h + out_y) * params.out_w + out_x) * params.vectors + vector;
  var sums: array<vec4f, TAPS_H>; // the newest row of the input's gradient comes first
  for (var newest = 0u; newest < MANY_TURNS; newest++) {
    if (newest >= params.strip_rows + TAPS_H - 1u) { break; }
    var values = array<vec4f, TAPS_W>();
    for (var i = 0u; i < TAPS_W; i++) {
      let is_tap = tap_x.k + i * TAP_STEP < K_W;
      let loaded = output_gradient[out_at - i * params.step * params.vectors];
      let inside = is_tap && out_y < params.out_h && out_x - i * params.step < params.out_w;
      values[i] = select(vec4f(0), loaded, inside);
    }
    out_y += params.step;
    out_at += params.step * params.out_w * params.vectors;

    // From the oldest row on, each sum takes the place of the one before, so that no registers hold both.
    var complete = vec4f(0);
    for (var j = 0u; j < TAPS_H; j++) {
      let open = TAPS_H - 1u - j;
      var sum = sums[open];
      for (var i = 0u; i < TAPS_W; i++) {
        if (j < HELD_ROWS) {
          // The index has a bound in rows that are not held, too: j may be a constant there, after unrolling.
          sum = fma(values[i], held[min(j, HELD_ROWS - 1u) * TAPS_W + i], sum);
        } else {
          sum = fma(values[i], weight[first_weight + (j * K_W + i) * TAP_STEP * params.vectors], sum);
        }
      }
      sum = select(sums[open], sum, tap_y.k + j * TAP_STEP < K_H);
      if (j == 0u) { complete = sum; } else { sums[open + 1u] = sum; }
    }
    sums[0] = vec4f(0);

    // In the first turns no row is complete yet.
    if (newest >= TAPS_H - 1u && in_y < end_y) { input_gradient[in_at] = complete; }
    in_y += params.step * STRIDE;
    in_at += params.step * STRIDE * params.in_w * params.vectors;
  }
}
