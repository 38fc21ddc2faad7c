// A program that uses the layers, with the types of WebGPU.

import { runKernel } from 'atrous/gpu'
import { GraphBuilder, type ModelGraph, trainingGraph } from 'atrous/graph'
import { add, symmetric } from 'atrous/kernels'
import { deepLab, preset } from 'atrous/model'
import { polyLearningRate } from 'atrous/train'
import { readSafetensors } from 'atrous/weights'

export const kernel = add({ label: 'sum', shape: [1, 1, 1, 4], activation: 'none' })
export const builder = new GraphBuilder()
export const image = builder.input('image', [1, 65, 65, 3])
export const edges = builder.conv2d(image, {
  name: 'edges',
  outChannels: 4,
  kernel: [1, 3],
  padding: symmetric(1),
})
export const graph: ModelGraph = builder.build([deepLab(builder, image, preset('scenes').config)])
export const training = trainingGraph(graph, {
  labels: { height: 65, width: 65 },
  ignoreIndex: 255,
  batchNorm: { mode: 'frozen' },
})
const labels = { height: 65, width: 65 }
export const again = { labels, ignoreIndex: 255, batchNorm: { mode: 'frozen' } } as const
// @ts-expect-error A differentiated graph cannot be differentiated again.
export const twice = () => trainingGraph(training, again)
export { polyLearningRate, readSafetensors, runKernel }
