// The gradient of conv2d_backward_input.wgsl, with its buffers, for hardware GPUs: the operands of a workgroup pass
// through workgroup memory, as in conv2d_tiled.wgsl.
//
// A workgroup computes WORKGROUP_PIXELS pixels of one phase × WORKGROUP_VECTORS vectors of input channels. An invocation
// computes LANE_PIXELS × LANE_VECTORS of them, which are LANES_Y and LANES_X apart. The sum runs over the taps that
// connect with the phase, and over the output channels. One step of the sum takes STEP_VECTORS vectors of them at one
// tap: while the workgroup multiplies one step out of workgroup memory, it loads the next step into registers.

#import "lib/conv2d_backward_input_params.wgsl"
#import "lib/many_turns.wgsl"
#import "lib/pixel_address.wgsl"
#import "lib/workgroup_index.wgsl"

alias Stored = f32; // the type in memory; a kernel may replace it by f16. All arithmetic is in f32.

const LANE_PIXELS = 4u;
const LANE_VECTORS = 1u;
const LANES_X = 8u; // along the input channels
const LANES_Y = 8u; // along the pixels
const STEP_VECTORS = 2u; // vectors of output channels of a step
const TURN_VECTORS = 2u; // vectors of one turn of the main loop
const LANES = LANES_X * LANES_Y;
const WORKGROUP_PIXELS = LANES_Y * LANE_PIXELS;
const WORKGROUP_VECTORS = LANES_X * LANE_VECTORS;

// Vectors that each lane loads for a step.
const INPUT_LOADS = WORKGROUP_PIXELS * STEP_VECTORS / LANES;
const WEIGHT_LOADS = WORKGROUP_VECTORS * STEP_VECTORS * 4u / LANES;
const_assert INPUT_LOADS * LANES == WORKGROUP_PIXELS * STEP_VECTORS && STEP_VECTORS % TURN_VECTORS == 0u;
const_assert WEIGHT_LOADS * LANES == WORKGROUP_VECTORS * STEP_VECTORS * 4u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4<Stored>>;
@group(0) @binding(2) var<storage, read> weight: array<vec4<Stored>>;
@group(0) @binding(3) var<storage, read_write> output: array<vec4<Stored>>;

// By vector, then pixel. The pitch has one more: lanes that load the vectors of one pixel write to different banks.
const INPUT_PITCH = WORKGROUP_PIXELS + 1u;
var<workgroup> staged_input: array<vec4f, STEP_VECTORS * INPUT_PITCH>;
var<workgroup> staged_weight: array<vec4f, STEP_VECTORS * 4u * WORKGROUP_VECTORS>; // by output channel, then vector

// The work of a workgroup. One lane finds it for all: in memory it takes no registers during the main loop.
struct Work {
  first_pixel: u32, // of the phase
  first_vector: u32,
  phase: vec2u,
  taps: vec2u, // that connect with the phase, along each axis
  first_tap: vec2u,
  tap_step: u32, // from one of them to the next
  // Turns of the main loop in a step. A compiler that knew the number would unroll the loop, which takes all registers of
  // Intel's GPUs, and gains nothing on others.
  turns: u32,
}
var<workgroup> work: Work;

// At the tap of the steps that are loaded: the weight's first row of output channels, and for each pixel of the workgroup the index
// of its first vector in `input`, or OUTSIDE.
var<workgroup> weight_row: u32;
var<workgroup> sources: array<u32, WORKGROUP_PIXELS>;

// The first tap along an axis, at `phase` plus padding, whose distance the stride divides; past the kernel if there is none.
fn first_tap(padded: u32) -> u32 {
  for (var k = 0u; k < params.stride; k++) {
    if ((i32(padded) - i32(k * params.dilation)) % i32(params.stride) == 0) { return k; }
  }
  return OUTSIDE;
}

fn work_of(tile: u32) -> Work {
  let phase_index = tile / params.row_tiles % (params.stride * params.stride);
  let phase = vec2u(phase_index % params.stride, phase_index / params.stride);
  let padded = phase + vec2u(params.pad_left, params.pad_top);
  let kernel = vec2u(params.k_w, params.k_h);
  let first = min(vec2u(first_tap(padded.x), first_tap(padded.y)), kernel);
  var tap_step = 1u;
  while (tap_step * params.dilation % params.stride != 0u) { tap_step++; }
  return Work(
    tile % params.row_tiles * WORKGROUP_PIXELS,
    tile / (params.row_tiles * params.stride * params.stride) * WORKGROUP_VECTORS,
    phase,
    (kernel - first + tap_step - 1u) / tap_step,
    first,
    tap_step,
    STEP_VECTORS / TURN_VECTORS,
  );
}

// A pixel of the phase: its image, its place in the phase, and its coordinates in the map.
struct Pixel {
  exists: bool,
  image: u32,
  place: vec2u,
  at: vec2u,
}

fn pixel_at(index: u32) -> Pixel {
  let row = index / params.phase_w;
  let place = vec2u(index % params.phase_w, row % params.phase_h);
  let at = place * params.stride + work.phase;
  let exists = index < params.phase_pixels && all(at < vec2u(params.in_w, params.in_h));
  return Pixel(exists, row / params.phase_h, place, at);
}

// The entry in `sources` of a pixel, at tap k.
fn source_of(pixel: Pixel, k: vec2u) -> u32 {
  let padded = work.phase + vec2u(params.pad_left, params.pad_top);
  let at = pixel.place + vec2u((vec2i(padded) - vec2i(k * params.dilation)) / i32(params.stride));
  let address = pixel_address(pixel.image, at, vec2u(params.out_w, params.out_h), params.out_vectors);
  return select(OUTSIDE, address, pixel.exists);
}

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  if (lane == 0u) { work = work_of(workgroup_index(group, groups)); }
  let taps = workgroupUniformLoad(&work.taps);
  let turns = workgroupUniformLoad(&work.turns);
  let blocks = (params.out_vectors + STEP_VECTORS - 1u) / STEP_VECTORS;
  let steps = taps.x * taps.y * blocks;

  let row = lane / LANES_X;
  let column = lane % LANES_X;
  var sums: array<array<vec4f, LANE_VECTORS>, LANE_PIXELS>;
  var block = 0u; // of output channels, in the step that is loaded
  for (var step = 0u; step < MANY_TURNS; step++) {
    if (step > steps) { break; }
    if (block == 0u && step < steps) {
      let tap = step / blocks;
      let k = work.first_tap + vec2u(tap % work.taps.x, tap / work.taps.x) * work.tap_step;
      for (var p = lane; p < WORKGROUP_PIXELS; p += LANES) { sources[p] = source_of(pixel_at(work.first_pixel + p), k); }
      if (lane == 0u) { weight_row = (params.k_h * params.k_w - 1u - (k.y * params.k_w + k.x)) * params.out_vectors * 4u; }
      workgroupBarrier();
    }

    let vector = block * STEP_VECTORS + lane % STEP_VECTORS;
    var fetched_input = array<vec4f, INPUT_LOADS>();
    var is_inside = array<bool, INPUT_LOADS>();
    for (var l = 0u; l < INPUT_LOADS; l++) {
      let source = sources[(lane + l * LANES) / STEP_VECTORS];
      is_inside[l] = source != OUTSIDE && vector < params.out_vectors;
      fetched_input[l] = vec4f(input[select(0u, source + vector, is_inside[l])]);
    }
    // Past the last output channel the input is zero, and past the last vector nothing is stored: any weight will do.
    var fetched_weight = array<vec4f, WEIGHT_LOADS>();
    for (var l = 0u; l < WEIGHT_LOADS; l++) {
      let place = lane + l * LANES;
      let channel = min(block * STEP_VECTORS * 4u + place / WORKGROUP_VECTORS, params.out_vectors * 4u - 1u);
      let column = min(work.first_vector + place % WORKGROUP_VECTORS, params.in_vectors - 1u);
      fetched_weight[l] = vec4f(weight[(weight_row + channel) * params.in_vectors + column]);
    }
    block++;
    if (block == blocks) { block = 0u; }

    // In the first turn of the loop over the steps, what is staged is still zero.
    for (var turn = 0u; turn < MANY_TURNS; turn++) {
      if (turn >= turns) { break; }
      let first = turn % (STEP_VECTORS / TURN_VECTORS) * TURN_VECTORS;
      for (var t = 0u; t < TURN_VECTORS; t++) {
        let d = first + t;
        var values = array<vec4f, LANE_PIXELS>();
        for (var p = 0u; p < LANE_PIXELS; p++) { values[p] = staged_input[d * INPUT_PITCH + row + p * LANES_Y]; }
        for (var c = 0u; c < 4u; c++) {
          for (var v = 0u; v < LANE_VECTORS; v++) {
            let w = staged_weight[(d * 4u + c) * WORKGROUP_VECTORS + column + v * LANES_X];
            for (var p = 0u; p < LANE_PIXELS; p++) { sums[p][v] = fma(vec4f(values[p][c]), w, sums[p][v]); }
          }
        }
      }
    }

    workgroupBarrier();
    for (var l = 0u; l < INPUT_LOADS; l++) {
      let place = lane + l * LANES;
      let value = select(vec4f(0), fetched_input[l], is_inside[l]);
      staged_input[place % STEP_VECTORS * INPUT_PITCH + place / STEP_VECTORS] = value;
    }
    for (var l = 0u; l < WEIGHT_LOADS; l++) { staged_weight[lane + l * LANES] = fetched_weight[l]; }
    workgroupBarrier();
  }

  // The sums move up, and the first one is stored, as in conv2d_backward_input.wgsl.
  let end_vector = min(work.first_vector + WORKGROUP_VECTORS, params.in_vectors);
  for (var p = row; p < WORKGROUP_PIXELS; p += LANES_Y) {
    let pixel = pixel_at(work.first_pixel + p);
    let first = ((pixel.image * params.in_h + pixel.at.y) * params.in_w + pixel.at.x) * params.in_vectors;
    for (var vector = work.first_vector + column; vector < end_vector; vector += LANES_X) {
      if (pixel.exists) { output[first + vector] = vec4<Stored>(sums[0][0]); }
      for (var v = 1u; v < LANE_VECTORS; v++) { sums[0][v - 1u] = sums[0][v]; }
    }
    for (var r = 1u; r < LANE_PIXELS; r++) { sums[r - 1u] = sums[r]; }
  }
}
