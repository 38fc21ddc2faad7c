// Sums of products of rows and weights, for GPUs on which what all invocations share costs little: AMD's load it into scalar
// registers, Intel's as one block. Every invocation has rows of its own. The invocations of a part of a workgroup have the same
// output vectors, so they share the weights. The parts have different output vectors, and share the rows.
//
//   rows     [rows, vectors]             vec4: four terms of the sum. The shader declares how to load one:
//                                            fn load_row(first_row: u32, row: u32, vector: u32) -> vec4f
//                                            where `row` counts from the workgroup's first row on
//   weight   [sum_vectors · 4, out_vectors]  vec4: four output channels, BLOCK of them in an element of the array
//
// A workgroup computes PART_LANES · LANE_ROWS rows × PARTS · VECTORS output vectors. One step of the sum takes STEP_VECTORS vectors
// of each row. They pass through workgroup memory, from which each invocation takes its own rows.
//
// Compilers need not clamp an index that they can bound. So bounds of loops are constants, and the invocation is taken modulo LANES.
// Output vectors past the last one have the weights that follow in memory: their sums are not stored.

#import "lib/many_turns.wgsl"

const PARTS = 1u;
const PART_LANES = 64u;
const LANES = PARTS * PART_LANES;
const LANE_ROWS = 2u;
const BLOCK = 4u; // a divisor of out_vectors: a vector, or several that are loaded together
const BLOCKS = 2u;
const STEP_VECTORS = 2u;
const UNROLL = 8u; // terms of the sum in a turn of the loop: see RowTile in src/kernels/convolution/row_products.ts
const TOGETHER = 1u; // terms whose weights are loaded before any of them is multiplied
const PREFETCH = 1u; // 1: a step is loaded into registers while the workgroup multiplies the one before
const PACKED = 0u; // 1: the products of a turn are added up in the type of the weights, of which f16 is computed in pairs
const PARTIAL_STEP = 0u; // 1: the last step reaches past the end of the rows; what lies there counts as zero
const VECTORS = BLOCKS * BLOCK;
const WORKGROUP_ROWS = PART_LANES * LANE_ROWS;
const STEP_TERMS = STEP_VECTORS * 4u;
const LOADS = STEP_VECTORS / PARTS;
const LOAD_ROWS = LANES * LANE_ROWS / STEP_VECTORS; // rows from one load of an invocation to its next
const_assert LANES % STEP_VECTORS == 0u && STEP_VECTORS % PARTS == 0u && STEP_TERMS % UNROLL == 0u;
const_assert UNROLL % TOGETHER == 0u;

// With subgroups, `assemble` in src/gpu/wgsl.ts makes it subgroupBroadcastFirst: then the compiler knows that the value is uniform.
fn uniform_in_subgroup(value: u32) -> u32 { return value; }

fn part_of(lane: u32) -> u32 {
  if (PARTS == 1u) { return 0u; }
  return uniform_in_subgroup(lane / PART_LANES);
}

alias Sums = array<array<vec4f, VECTORS>, LANE_ROWS>;
alias TurnSums = array<array<vec4<Stored>, VECTORS>, LANE_ROWS>;
alias Blocks = array<array<vec4<Stored>, BLOCK>, BLOCKS>;
alias Fetched = array<array<vec4f, LANE_ROWS>, LOADS>;

// By term, then row. The pitch has two more: lanes that store different terms of one row use different banks.
const ROWS_PITCH = WORKGROUP_ROWS + 2u;
var<workgroup> staged_rows: array<f32, STEP_TERMS * ROWS_PITCH>;

// The sums of the workgroup's rows, the first of which is `first_row`, over the vectors first … end − 1 of each row.
// `first_weight` is the element of the workgroup's first output vectors at vector 0.
fn sums_of_rows(first_row: u32, first_weight: u32, first: u32, end: u32, invocation: u32) -> Sums {
  let lane = invocation % LANES;
  let vector = lane % STEP_VECTORS; // of a step: the one that this invocation loads
  let row = lane / STEP_VECTORS * LANE_ROWS; // the first one that it loads
  let pitch = params.out_vectors / BLOCK;
  var at = first_weight + first * 4u * pitch;
  var sums: Sums;
  var fetched: Fetched;
  var blocks: array<Blocks, TOGETHER>;
  for (var l = 0u; l < LOADS * PREFETCH; l++) {
    for (var r = 0u; r < LANE_ROWS; r++) {
      fetched[l][r] = load_row(first_row, row + l * LOAD_ROWS + r, first + vector);
    }
  }
  for (var step = 0u; step < MANY_TURNS; step++) {
    let step_vector = first + step * STEP_VECTORS;
    if (step_vector >= end) { break; }
    let is_padding = PARTIAL_STEP == 1u && step_vector + vector >= end;
    workgroupBarrier();
    for (var l = 0u; l < LOADS; l++) {
      for (var r = 0u; r < LANE_ROWS * (1u - PREFETCH); r++) {
        fetched[l][r] = load_row(first_row, row + l * LOAD_ROWS + r, step_vector + vector);
      }
      for (var c = 0u; c < 4u; c++) {
        for (var r = 0u; r < LANE_ROWS; r++) {
          let place = (vector * 4u + c) * ROWS_PITCH + row + l * LOAD_ROWS + r;
          staged_rows[place] = select(fetched[l][r][c], 0, is_padding);
        }
      }
    }
    workgroupBarrier();
    for (var l = 0u; l < LOADS * PREFETCH; l++) {
      for (var r = 0u; r < LANE_ROWS; r++) {
        fetched[l][r] = load_row(first_row, row + l * LOAD_ROWS + r, step_vector + STEP_VECTORS + vector);
      }
    }
    for (var turn = 0u; turn < STEP_TERMS / UNROLL; turn++) {
      var turn_sums = TurnSums();
      for (var group = 0u; group < UNROLL / TOGETHER; group++) {
        var values = array<array<f32, LANE_ROWS>, TOGETHER>();
        for (var t = 0u; t < TOGETHER; t++) {
          for (var r = 0u; r < LANE_ROWS; r++) {
            let place = turn * (UNROLL * ROWS_PITCH) + (group * TOGETHER + t) * ROWS_PITCH;
            values[t][r] = staged_rows[place + lane % PART_LANES * LANE_ROWS + r];
          }
          for (var b = 0u; b < BLOCKS; b++) { blocks[t][b] = weight[at + b]; }
          at += pitch;
        }
        for (var b = 0u; b < BLOCKS; b++) {
          for (var v = 0u; v < BLOCK; v++) {
            let i = b * BLOCK + v;
            for (var r = 0u; r < LANE_ROWS; r++) {
              for (var t = 0u; t < TOGETHER; t++) {
                let value = values[t][r];
                if (PACKED == 1u) {
                  turn_sums[r][i] = fma(vec4<Stored>(Stored(value)), blocks[t][b][v], turn_sums[r][i]);
                } else {
                  sums[r][i] = fma(vec4f(value), vec4f(blocks[t][b][v]), sums[r][i]);
                }
              }
            }
          }
        }
      }
      for (var r = 0u; r < LANE_ROWS * PACKED; r++) {
        for (var v = 0u; v < VECTORS; v++) { sums[r][v] += vec4f(turn_sums[r][v]); }
      }
    }
  }
  return sums;
}
