// Weights of a network that nothing has trained yet.

import { graphParameters } from '../graph/ir/graph.ts'
import type { Parameter } from '../graph/ir/tensor.ts'
import { GraphBuilder } from '../graph/ops/index.ts'
import { type DeepLabConfig, hasAuxiliaryHead } from './config.ts'
import { deepLabInTraining } from './deeplab.ts'

/** Every parameter of a config's network, with an auxiliary head's: the same at any output stride and image size. */
export function networkParameters(config: DeepLabConfig): Parameter[] {
  const builder = new GraphBuilder()
  const image = builder.input('image', [1, 65, 65, 3])
  const { outputStride } = config
  const parts = { auxiliaryHead: hasAuxiliaryHead(config) }
  return graphParameters(builder.build(deepLabInTraining(builder, image, config, { outputStride, ...parts })))
}

/**
 * Convolutions from He et al. (2015): normal with variance 2 / (outChannels · kernel area), as torchvision's ResNet.
 * Batch norm starts as the identity, biases at zero. The same seed gives the same weights.
 */
export const initialWeights = (config: DeepLabConfig, seed: number): Map<string, Float32Array> =>
  initialValues(networkParameters(config), seed)

/** The same of some parameters, in their order. */
export function initialValues(parameters: Parameter[], seed: number): Map<string, Float32Array> {
  const normal = normalSource(seed)
  return new Map(
    parameters.map(({ name, shape }) => {
      const values = new Float32Array(shape.reduce((a, b) => a * b))
      if (shape.length === 4) {
        const [out, , h, w] = shape
        const deviation = Math.sqrt(2 / (out * h * w))
        for (let i = 0; i < values.length; i++) values[i] = normal() * deviation
      } else if (name.endsWith('running_var') || (name.endsWith('weight') && shape.length === 1)) {
        values.fill(1)
      }
      return [name, values]
    }),
  )
}

/** Standard normal values: Box and Muller's transform of mulberry32's uniform ones. */
export function normalSource(seed: number): () => number {
  let state = seed >>> 0
  const uniform = () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform())
}
