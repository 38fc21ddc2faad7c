// ResNet-50 and ResNet-101 with the paper's heads, as an entry of the table.

import { RESNET_CLASSIFIER, resnetHead } from '../heads/aspp.ts'
import { AUXILIARY_HEAD, auxiliaryHead } from '../heads/auxiliary_head.ts'
import { IMAGENET } from '../preprocessing.ts'
import type { Backbone } from './backbone.ts'
import { resnetCheckpoint } from './resnet_checkpoint.ts'
import { type ResNetConfig, resnetSchema } from './resnet_config.ts'
import { resnetFeatures } from './resnet_graph.ts'

/** A ResNet of bottlenecks by its name and the units of block1 to block4. */
export const resnet = <Name extends ResNetConfig['backbone']>(name: Name, units: readonly number[]) =>
  ({
    schema: resnetSchema(name, units),
    conflictIn({ units, multiGrid, aspp, headConvolution }) {
      if (multiGrid.length !== units[3])
        return `multiGrid: expected a rate for each of block4's ${units[3]} units; got ${multiGrid.length}`
      if (aspp === null && headConvolution) return 'headConvolution: expected false without ASPP; got true'
      return undefined
    },
    outputStrides: ({ lastBlock }) => [8, 16, 32, 64, 128, 256].slice(0, lastBlock - 1),
    features: resnetFeatures,
    head: resnetHead,
    auxiliaryHead: (builder, middle, network) => auxiliaryHead(builder, middle, network),
    heads: { classifier: RESNET_CLASSIFIER, auxiliary: AUXILIARY_HEAD },
    preprocessing: IMAGENET,
    // The paper does not say; from the notes in its authors' code, tensorflow/models/research/deeplab/train.py.
    weightDecay: 1e-4,
    checkpoint: resnetCheckpoint,
  }) satisfies Backbone<ResNetConfig>
