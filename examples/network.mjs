// A network of one's own: two convolutions, the second atrous, planned and run.

import { openGpu } from 'atrous'
import { createPlan, Executor, explain, GraphBuilder, graphParameters, WeightStore } from 'atrous/graph'
import { initialValues } from 'atrous/model'

const graph = new GraphBuilder()
const image = graph.input('image', [1, 33, 33, 3])
const features = graph.activation(
  graph.conv2d(image, { name: 'first', outChannels: 16, kernel: 3, stride: 2, bias: true }),
  'relu',
)
const logits = graph.conv2d(features, { name: 'second', outChannels: 5, kernel: [1, 3], dilation: 2 })
const network = graph.build([logits])

const gpu = await openGpu()
const plan = createPlan(network, { device: gpu })
console.log(explain(plan))
const weights = new WeightStore(gpu, initialValues(graphParameters(network), 0))
const executor = await Executor.create(gpu, plan, weights)
const outputs = await executor.run({ image: new Float32Array(33 * 33 * 3).fill(1) })
console.log(outputs.second.length, 'logits')
await executor.destroy()
weights.destroy()
gpu.destroy()
