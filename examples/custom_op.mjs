// An op of one's own, with its gradient: x² behind a convolution, in WGSL.

import { openGpu } from 'atrous'
import {
  createPlan,
  Executor,
  GraphBuilder,
  gradientOfInput,
  graphParameters,
  WeightStore,
} from 'atrous/graph'
import { activationBytes } from 'atrous/kernels'

const SQUARE = `
alias Stored = f32;
struct Params { count: u32 }
@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read_write> input: array<vec4<Stored>>;
@group(0) @binding(2) var<storage, read_write> output: array<vec4<Stored>>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(num_workgroups) groups: vec3u,
        @builtin(local_invocation_index) lane: u32) {
  let index = (group.y * groups.x + group.x) * 64u + lane;
  if index < params.count {
    output[index] = vec4<Stored>(vec4f(input[index]) * vec4f(input[index]));
  }
}`

// The gradient of x² is 2·x·gradient.
const SQUARE_BACKWARD = SQUARE.replace(
  '@group(0) @binding(2)',
  '@group(0) @binding(3) var<storage, read_write> gradient: array<vec4<Stored>>;\n@group(0) @binding(2)',
).replace('vec4f(input[index]) * vec4f(input[index])', '2.0 * vec4f(input[index]) * vec4f(gradient[index])')

function kernelOf(name, wgsl, shape, inputs) {
  const bytes = activationBytes(shape)
  const count = bytes / 16
  return {
    label: name,
    shader: { name, wgsl },
    params: { count },
    inputs: Object.fromEntries(inputs.map(input => [input, bytes])),
    outputs: { output: bytes },
    workgroups: Math.ceil(count / 64),
  }
}

const square = (graph, input, name) =>
  graph.custom({
    name,
    inputs: { input },
    shape: input.shape,
    kernel: kernelOf('square', SQUARE, input.shape, ['input']),
    backward(op, gradient, tape) {
      const output = gradientOfInput(input, op)
      const inputs = { input, gradient }
      const kernel = kernelOf('square_backward', SQUARE_BACKWARD, input.shape, ['input', 'gradient'])
      tape.add(input, tape.emit({ kind: 'custom', name: output.name, inputs, kernel, output }))
    },
  })

const graph = new GraphBuilder()
const image = graph.input('image', [1, 2, 2, 1])
const doubled = graph.conv2d(image, { name: 'double', outChannels: 1, kernel: 1 })
const network = graph.build([square(graph, doubled, 'squared')])

const gpu = await openGpu()
const weights = new WeightStore(
  gpu,
  new Map(graphParameters(network).map(({ name }) => [name, Float32Array.of(2)])),
)
const executor = await Executor.create(gpu, createPlan(network, { device: gpu }), weights)
const { squared } = await executor.run({ image: Float32Array.of(1, 2, 3, 4) })
console.log([...squared])
await executor.destroy()
weights.destroy()
gpu.destroy()
