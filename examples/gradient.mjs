// The gradient of that network, and a few steps of gradient descent on one image.

import { openGpu } from 'atrous'
import {
  Executor,
  GraphBuilder,
  graphParameters,
  ParameterArena,
  planWithin,
  TrainingWeights,
  trainingGraph,
} from 'atrous/graph'
import { initialValues } from 'atrous/model'

const graph = new GraphBuilder()
const image = graph.input('image', [1, 32, 32, 3])
const features = graph.activation(
  graph.conv2d(image, { name: 'first', outChannels: 16, kernel: 3, stride: 2, bias: true }),
  'relu',
)
const logits = graph.conv2d(features, { name: 'second', outChannels: 5, kernel: 1, bias: true })
const step = trainingGraph(graph.build([logits]), {
  labels: { height: 32, width: 32 },
  ignoreIndex: 255,
  batchNorm: { mode: 'frozen' },
})

const gpu = await openGpu()
const parameters = graphParameters(step)
const arena = await ParameterArena.create(gpu, parameters, {
  rateOf: () => 1,
  host: initialValues(parameters, 0),
})
const weights = await TrainingWeights.create(gpu, arena, { momentum: 0.9, weightDecay: 0 })
const executor = await Executor.create(gpu, planWithin(step, { device: gpu }), weights)

const inputs = {
  image: Float32Array.from({ length: 32 * 32 * 3 }, (_, i) => Math.sin(i)),
  labels: Uint8Array.from({ length: 32 * 32 }, (_, i) => (i % 32 < 16 ? 1 : 3)),
}
for (let i = 0; i < 5; i++) {
  weights.begin(0.1)
  const { loss } = await executor.run(inputs)
  console.log(`loss ${loss[0].toFixed(4)}`)
}
const gradients = await arena.readGradients()
console.log(`gradient of second.bias: ${[...gradients.get('second.bias')].map(value => value.toFixed(4))}`)
await executor.destroy()
weights.destroy()
arena.destroy()
gpu.destroy()
