// Multiply-adds without memory: the most that an adapter can compute. Benches compare the other kernels with it.
//
//   output = Σ x_c over CHAINS chains, where x_c = input + c at first, then `rounds` · STEPS times x_c ← x_c · factor + addend
//
//   input, output   [count]   vec4
//
// One invocation computes one vector. It has several chains, because in one chain every step would wait for the step
// before.

#import "lib/invocations.wgsl"

const CHAINS = 4u;
const STEPS = 8u; // multiply-adds of a round, which a compiler may unroll so that counting them costs little

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> input: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4f>;

struct Params {
  count: u32,
  rounds: u32,
  factor: f32,
  addend: f32,
}

fn compute(index: u32) {
  if (index >= params.count) { return; }
  let factor = vec4f(params.factor);
  let addend = vec4f(params.addend);

  var chains: array<vec4f, CHAINS>;
  for (var c = 0u; c < CHAINS; c++) { chains[c] = input[index] + f32(c); }
  for (var round = 0u; round < params.rounds; round++) {
    for (var step = 0u; step < STEPS; step++) {
      for (var c = 0u; c < CHAINS; c++) { chains[c] = fma(chains[c], factor, addend); }
    }
  }

  var sum = vec4f(0);
  for (var c = 0u; c < CHAINS; c++) { sum += chains[c]; }
  output[index] = sum;
}
