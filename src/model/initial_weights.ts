// The weights of an untrained network.

import { graphParameters } from '../graph/ir/graph.ts'
import type { Parameter } from '../graph/ir/tensor.ts'
import { GraphBuilder } from '../graph/ops/index.ts'
import { builderOf } from './backbones/index.ts'
import { type DeepLabConfig, hasAuxiliaryHead } from './config.ts'
import { deepLabInTraining } from './deeplab.ts'

/**
 * All parameters of a config's network, including an auxiliary head's. They are the same for every output stride and image
 * size.
 */
export function networkParameters(config: DeepLabConfig): Parameter[] {
  const builder = new GraphBuilder()
  const image = builder.input('image', [1, 65, 65, config.inputChannels])
  const { outputStride } = config
  const parts = { auxiliaryHead: hasAuxiliaryHead(config) }
  return graphParameters(builder.build(deepLabInTraining(builder, image, config, { outputStride, ...parts })))
}

/**
 * Convolutions are drawn as by He et al. (2015): normal with variance 2 / (outChannels · kernel area), as in torchvision's
 * ResNet. Batch norm starts as the identity, and biases at zero. The same seed gives the same weights.
 */
export const initialWeights = (config: DeepLabConfig, seed: number): Map<string, Float32Array> =>
  new Map([...initialValues(networkParameters(config), seed), ...fixedWeights(config)])

/** The parameters that keep their values in training, such as FCN's bilinear upsampling. */
export function fixedWeights(config: DeepLabConfig): Map<string, Float32Array> {
  const { fixedValues } = builderOf(config)
  if (!fixedValues) return new Map()
  return new Map(
    networkParameters(config).flatMap(parameter => {
      const values = fixedValues(parameter)
      return values ? [[parameter.name, values] as const] : []
    }),
  )
}

/** The initial values of some parameters, drawn in their order. */
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

/** Standard normal values: the Box-Muller transform of uniform values from mulberry32. */
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
