// Atrous spatial pyramid pooling with image-level features (Chen et al. 2017, section 3.3 and Figure 5). Parameters carry the names of
// torchvision's DeepLabHead, whatever parts a config leaves out.

import type { Tensor } from '../../graph/ir/tensor.ts'
import type { GraphBuilder } from '../../graph/ops/index.ts'
import { convolutionUnit, rateAt } from '../layers.ts'
import type { AsppConfig } from './head_config.ts'

export interface AsppNetwork {
  aspp: AsppConfig
  outputStride: number
  /** Of each branch and of the result. */
  outChannels: number
  epsilon: number
}

/** The name of ASPP in the checkpoint. */
export const ASPP_NAME = 'classifier.0'

/** The output stride at which a config gives the rates. */
const GIVEN = 16

/** Features [n, h, w, c] → [n, h, w, outChannels]: the branches side by side, then a 1×1 convolution. */
export function aspp(builder: GraphBuilder, features: Tensor, network: AsppNetwork): Tensor {
  const { outputStride, outChannels, epsilon } = network
  const { rates, imagePooling, separable } = network.aspp
  const unit = (input: Tensor, layer: { convolution: string; batchNorm: string; kernel: number }) =>
    convolutionUnit(builder, input, { ...layer, outChannels, epsilon, activation: 'relu' })
  const branch = (index: number) => ({
    convolution: `${ASPP_NAME}.convs.${index}.0`,
    batchNorm: `${ASPP_NAME}.convs.${index}.1`,
  })
  const branches = [
    unit(features, { ...branch(0), kernel: 1 }),
    ...rates.map((rate, i) => {
      const dilation = rateAt(outputStride, { rate, given: GIVEN })
      const window = { kernel: 3, dilation, separable }
      return unit(features, { ...branch(i + 1), ...window })
    }),
  ]
  if (imagePooling) {
    // The pooling itself is .0 in torchvision, so its convolution is .1.
    const name = `${ASPP_NAME}.convs.${branches.length}`
    const mean = builder.globalAveragePool(features, { name: `${name}.0` })
    const image = unit(mean, { convolution: `${name}.1`, batchNorm: `${name}.2`, kernel: 1 })
    const [, height, width] = features.shape
    branches.push(builder.resize(image, { name: `${name}.resize`, height, width, alignCorners: false }))
  }
  const concatenated = builder.concat(branches, { name: `${ASPP_NAME}.concat` })
  const project = { convolution: `${ASPP_NAME}.project.0`, batchNorm: `${ASPP_NAME}.project.1`, kernel: 1 }
  return unit(concatenated, project)
}
