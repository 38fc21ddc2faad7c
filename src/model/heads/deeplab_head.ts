// The heads of DeepLabv3 and DeepLabv3+: ASPP, torchvision's 3×3 convolution, and a decoder, each of them optional.

import type { Tensor } from '../../graph/ir/tensor.ts'
import type { GraphBuilder } from '../../graph/ops/index.ts'
import { convolutionUnit, type Dropout, dropped } from '../layers.ts'
import { ASPP_NAME, aspp } from './aspp.ts'
import { decode } from './decoder.ts'
import type { AsppConfig, DecoderConfig } from './head_config.ts'

interface Head {
  aspp: AsppConfig | null
  headConvolution: boolean
  decoder: DecoderConfig | null
  alignCorners: boolean
  outputStride: number
  /** The channels of all its layers but the decoder's low-level features. */
  outChannels: number
  epsilon: number
  dropout?: Dropout
}

/** The maps of a backbone that the head reads. */
interface HeadInputs {
  /** [n, h, w, c] */
  features: Tensor
  /** [n, h', w', c'] for each stage of a decoder. */
  lowLevel?: readonly Tensor[]
}

/**
 * The backbone's features → the classifier's input, at the size of the features, or of the low-level features if there is a decoder.
 * In training, dropout follows ASPP, as in torchvision. Without ASPP it follows the features.
 */
export function deepLabHead(
  builder: GraphBuilder,
  { features, lowLevel = [] }: HeadInputs,
  head: Head,
): Tensor {
  const { aspp: pyramid, headConvolution, decoder, outChannels, epsilon } = head
  const name = ASPP_NAME
  let x = features
  if (pyramid) x = builder.unit(name, () => aspp(builder, features, { ...head, aspp: pyramid }))
  x = dropped(builder, x, { name: `${name}.project.3`, dropout: head.dropout })
  if (headConvolution)
    x = convolutionUnit(builder, x, {
      ...{ convolution: 'classifier.1', batchNorm: 'classifier.2', kernel: 3 },
      ...{ separable: pyramid?.separable, outChannels, epsilon, activation: 'relu' },
    })
  if (!decoder) return x
  if (lowLevel.length !== decoder.stages)
    throw new Error(`deepLabHead: the backbone gave ${lowLevel.length} maps of low-level features`)
  const encoded = x
  return builder.unit('decoder', () => decode(builder, { encoded, lowLevel }, { ...head, ...decoder }))
}
