// The gradient of resize.wgsl by its input: each input pixel gathers its share of every output pixel that was made from it.
//
//   output_gradient   [n, out_h, out_w, vectors]   vec4: four channels
//   input_gradient    [n, in_h, in_w, vectors]
//
// RESULT_LANES invocations compute one vector of one input pixel: they share the rows of the output, and their sums are
// added pairwise. One invocation is enough for most maps. Several are better where one input pixel was resized to a
// whole map, as in image pooling.

#import "lib/targets_of.wgsl"
#import "lib/workgroup_index.wgsl"

const LANES = 64u; // of a workgroup
const RESULT_LANES = 1u; // a power of two, LANES at most

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> output_gradient: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> input_gradient: array<vec4f>;

struct Params {
  in_h: u32,
  in_w: u32,
  out_h: u32,
  out_w: u32,
  vectors: u32,
  count: u32, // n · in_h · in_w · vectors
  // The source coordinate of a target is max(0, target · step + shift) / unit.
  step_y: i32,
  shift_y: i32,
  unit_y: i32,
  step_x: i32,
  shift_x: i32,
  unit_x: i32,
}

// The share of a source index in the target at this position. Past the last source index, the last one is repeated.
fn share_of(source: u32, numerator: i32, unit: i32, size: u32) -> f32 {
  let distance = f32(max(0, numerator) - i32(source) * unit) / f32(unit);
  return select(max(0.0, 1.0 - abs(distance)), 1.0, source == size - 1u && distance > 0.0);
}

var<workgroup> sums: array<vec4f, LANES>;

@compute @workgroup_size(LANES)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) invocation: u32,
) {
  let results = LANES / RESULT_LANES;
  let index = workgroup_index(group, groups) * results + invocation % results;
  let lane = invocation / results;
  let vector = index % params.vectors;
  let pixel = index / params.vectors;
  let column = pixel % params.in_w;
  let row = pixel / params.in_w % params.in_h;
  let image = pixel / (params.in_w * params.in_h) * params.out_h;

  var sum = vec4f(0);
  if (index < params.count) {
    let rows = targets_of(row, params.step_y, params.shift_y, params.unit_y, params.out_h);
    let columns = targets_of(column, params.step_x, params.shift_x, params.unit_x, params.out_w);
    for (var y = rows.first + lane; y < rows.end; y += RESULT_LANES) {
      var row_sum = vec4f(0);
      for (var x = columns.first; x < columns.end; x++) {
        let share = share_of(column, i32(x) * params.step_x + params.shift_x, params.unit_x, params.in_w);
        row_sum += share * output_gradient[((image + y) * params.out_w + x) * params.vectors + vector];
      }
      sum += share_of(row, i32(y) * params.step_y + params.shift_y, params.unit_y, params.in_h) * row_sum;
    }
  }
  sums[invocation] = sum;
  for (var half = RESULT_LANES / 2u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { sums[invocation] += sums[invocation + half * results]; }
  }
  if (lane == 0u && index < params.count) { input_gradient[index] = sums[invocation]; }
}
