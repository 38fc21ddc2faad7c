// The multiply-adds of a network's convolutions: every tap, and as TensorFlow counts those of the paper's own networks.

import { graphParameters } from '../../../src/graph/ir/graph.ts'
import { GraphBuilder } from '../../../src/graph/ops/index.ts'
import type { DeepLabConfig } from '../../../src/model/config.ts'
import { deepLab } from '../../../src/model/deeplab.ts'

/** An image of size × size at an output stride. */
interface Run {
  size: number
  outputStride: number
}

/** The convolutions of a network: the output's shape, the multiply-adds of one of its values, and the rate. */
function convolutions(config: DeepLabConfig, { size, outputStride }: Run) {
  const builder = new GraphBuilder()
  const image = builder.input('image', [1, size, size, 3])
  const graph = builder.build([deepLab(builder, image, config, outputStride)])
  const weights = new Map(graphParameters(graph).map(({ name, shape }) => [name, shape]))
  return graph.ops.flatMap(op => {
    if (op.kind !== 'conv2d' && op.kind !== 'depthwiseConv2d') return []
    const [, ...window] = weights.get(`${op.name}.weight`)!
    const [, height, width, channels] = op.output.shape
    return [{ height, width, channels, each: window.reduce((a, b) => a * b), rate: op.dilation }]
  })
}

/** In thousands of millions, counting every tap. */
export const multiplyAdds = (config: DeepLabConfig, run: Run): number =>
  convolutions(config, run).reduce((sum, { height, width, channels, each }) => {
    return sum + height * width * channels * each
  }, 0) / 1e9

/**
 * In thousands of millions, as TensorFlow counts. It computes an atrous convolution as a dense one on each of the rate² phases of the
 * map, for which it pads the map to a multiple of the rate.
 */
export function tensorFlowMultiplyAdds(config: DeepLabConfig, run: Run): number {
  const padded = (length: number, rate: number) => Math.ceil(length / rate) * rate
  const all = convolutions(config, run).map(({ height, width, channels, each, rate }) => {
    return padded(height, rate) * padded(width, rate) * channels * each
  })
  const isResNet = config.backbone.startsWith('resnet')
  return all.reduce((a, b) => a + b) / 1e9 + (isResNet ? betaVariant(run) : 0)
}

/**
 * What TensorFlow's ResNet ("resnet_v1_101_beta") computes more than ours, in thousands of millions: three 3×3 convolutions with 64, 64
 * and 128 channels in place of the 7×7 one, and a block's stride in the 3×3 convolution of its last unit, not in the next block's first.
 */
function betaVariant({ size, outputStride }: Run): number {
  const half = (length: number) => Math.ceil(length / 2)
  const lengths = [half(size)]
  while (lengths.length < 5) lengths.push(half(lengths.at(-1)!))
  const [at2, at4, at8, at16, at32] = lengths.map(length => length ** 2)
  const root = at2 * (9 * (3 * 64 + 64 * 64 + 64 * 128) - 49 * 3 * 64) + at4 * (64 * 64 + 64 * 256)
  // In the last unit the 3×3 convolution and the 1×1 after it, and in the next one the 1×1 that reduces, have a smaller map.
  const strided = (inner: number) => 9 * inner ** 2 + 4 * inner ** 2 + 8 * inner ** 2
  const saved =
    (at4 - at8) * strided(64) +
    (outputStride >= 16 ? (at8 - at16) * strided(128) : 0) +
    (outputStride >= 32 ? (at16 - at32) * strided(256) : 0)
  return (root - saved) / 1e9
}
