// ResNets with the heads of the DeepLab papers and of torchvision, as an entry of the table.

import { AUXILIARY_HEAD, DEEPLAB_CLASSIFIER } from '../heads/classifier_names.ts'
import { decoderConflict } from '../heads/head_config.ts'
import { IMAGENET, TORCHVISION } from '../preprocessing.ts'
import type { Backbone } from './backbone.ts'
import { type ResNetConfig, resnetSchema } from './resnet_config.ts'

/** A ResNet by its name. */
export const resnet = <Name extends ResNetConfig['backbone']>(name: Name) =>
  ({
    schema: resnetSchema(name),
    conflictIn,
    outputStrides: ({ lastBlock }) => [8, 16, 32, 64, 128, 256].slice(0, lastBlock - 1),
    heads: { classifier: DEEPLAB_CLASSIFIER, auxiliary: AUXILIARY_HEAD },
    preprocessing: IMAGENET,
    // The paper does not say; from the notes in its authors' code, tensorflow/models/research/deeplab/train.py.
    weightDecay: 1e-4,
    // The auxiliary head, which a config may leave out.
    checkpoint: { isUnused: name => name.startsWith('aux_classifier.'), preprocessing: TORCHVISION },
    recogniser: async () => (await import('../recognition/resnet.ts')).resnetRecogniser,
    builder: async () => (await import('./resnet_graph.ts')).resnetNetwork,
  }) satisfies Backbone<ResNetConfig>

function conflictIn(config: ResNetConfig): string | undefined {
  const { units, multiGrid, aspp, headConvolution, decoder, fcn } = config
  if (multiGrid.length !== units[3])
    return `multiGrid: expected a rate for each of block4's ${units[3]} units; got ${multiGrid.length}`
  if (aspp === null && headConvolution) return 'headConvolution: expected false without ASPP; got true'
  if (fcn && (aspp || decoder)) return 'fcn: expected false with ASPP or a decoder; got true'
  return decoderConflict(decoder)
}
