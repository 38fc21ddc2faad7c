// DeepLab v2 on ResNet-101 (Chen et al. 2016): the ResNet of He et al. 2015, and ASPP as a sum. Parameters carry the names of the PyTorch
// code by K. Nakashima: `base` is one scale of the network, `layer1` the stem, and `layer2` to `layer5` are the four blocks. `fc` is
// that of its network without ASPP, which it calls v1.

import { dropped, rateAt } from '../layers.ts'
import type { NetworkBuilder } from './backbone.ts'
import type { DeepLabV2Config } from './deeplab_v2.ts'
import { type ResNetLayout, resnetBlocks } from './resnet_graph.ts'

const layer = (name: string) => [`${name}.conv`, `${name}.bn`] as const

const NAKASHIMA_LAYOUT: ResNetLayout = {
  strided: 0,
  ceilMode: true,
  stem: { name: 'base.layer1', layer: layer('base.layer1.conv1'), pool: 'base.layer1.pool' },
  unit: (block, unit) => `base.layer${block + 1}.block${unit + 1}`,
  layers: [layer('reduce'), layer('conv3x3'), layer('increase')],
  shortcut: layer('shortcut'),
}

const WITHOUT_ASPP = 'base.fc'

const classifiers = ({ rates }: DeepLabV2Config): string[] =>
  rates.length === 0 ? [WITHOUT_ASPP] : rates.map((_, i) => `base.aspp.c${i}`)

export const deepLabV2Network = {
  features(builder, image, { config, outputStride }) {
    const { units, width } = config
    const blocks = resnetBlocks(builder, image, {
      resnet: {
        units,
        width,
        unit: 'bottleneck',
        lastBlock: 4,
        layout: NAKASHIMA_LAYOUT,
        multiGrid: Array(units[3]).fill(1),
        firstUnitRate: 'block',
      },
      outputStride,
    })
    return { features: blocks[4] }
  },
  // Between features and classifiers there is nothing but the dropout that training may ask for.
  head: (builder, { features }, { dropout }) => dropped(builder, features, { name: 'base.dropout', dropout }),
  /** The sum of 3×3 classifiers at several rates (section 3.2), or one 1×1 classifier. */
  logits(builder, x, { config, outputStride }) {
    const { rates, classes: outChannels } = config
    if (rates.length === 0)
      return builder.conv2d(x, { name: WITHOUT_ASPP, outChannels, kernel: 1, bias: true })
    const scores = classifiers(config).map((name, i) => {
      const dilation = rateAt(outputStride, { rate: rates[i], given: 8 })
      return builder.conv2d(x, { name, outChannels, kernel: 3, dilation, bias: true })
    })
    return scores.reduce((sum, each, i) => builder.add(sum, each, { name: `base.aspp.sum${i}` }))
  },
  classifiers,
} satisfies NetworkBuilder<DeepLabV2Config>
