// The heads of DeepLabv3 and DeepLabv3+: ASPP, torchvision's 3×3 convolution, and a decoder, each of them optional. Parameters of ASPP carry
// the names of torchvision's DeepLabHead, whatever parts a config leaves out.

import type { Tensor } from '../../graph/ir/tensor.ts'
import type { GraphBuilder } from '../../graph/ops/index.ts'
import { convolutionUnit, type Dropout, dropped, rateAt } from '../layers.ts'
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
      convolution: 'classifier.1',
      batchNorm: 'classifier.2',
      kernel: 3,
      separable: pyramid?.separable,
      outChannels,
      epsilon,
      activation: 'relu',
    })
  if (!decoder) return x
  if (lowLevel.length !== decoder.stages)
    throw new Error(`deepLabHead: the backbone gave ${lowLevel.length} maps of low-level features`)
  const encoded = x
  return builder.unit('decoder', () => decode(builder, { encoded, lowLevel }, { ...head, ...decoder }))
}

interface AsppNetwork {
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
function aspp(builder: GraphBuilder, features: Tensor, network: AsppNetwork): Tensor {
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

/** The beginning of the names of each stage's parameters, from the last stage to the first. */
const DECODER_STAGES = ['decoder', 'decoder.coarse'] as const

type StageName = (typeof DECODER_STAGES)[number]

/** The name of each convolution of a stage, and of its batch norm. */
export const decoderLayer = (part: string, stage: StageName = 'decoder') => ({
  convolution: `${stage}.${part}.0`,
  batchNorm: `${stage}.${part}.1`,
})

interface Decoder extends DecoderConfig {
  /** The channels of ASPP. */
  outChannels: number
  epsilon: number
  alignCorners: boolean
}

/** The encoder's output [n, h, w, c] and the low-level features of each stage, at last [n, h', w', c'] → [n, h', w', channels]. */
function decode(
  builder: GraphBuilder,
  { encoded, lowLevel }: { encoded: Tensor; lowLevel: readonly Tensor[] },
  decoder: Decoder,
): Tensor {
  const names = DECODER_STAGES.slice(0, lowLevel.length).reverse()
  return names.reduce(
    (x, name, index) => refine(builder, { name, encoded: x, lowLevel: lowLevel[index] }, decoder),
    encoded,
  )
}

interface Stage {
  name: StageName
  encoded: Tensor
  lowLevel: Tensor
}

function refine(builder: GraphBuilder, { name, encoded, lowLevel }: Stage, decoder: Decoder): Tensor {
  const { epsilon, alignCorners, kernel, separable } = decoder
  const outChannels = decoder.channels ?? decoder.outChannels
  const [, height, width] = lowLevel.shape
  const common = { epsilon, activation: 'relu' } as const
  const reduced = convolutionUnit(builder, lowLevel, {
    ...decoderLayer('project', name),
    kernel: 1,
    outChannels: decoder.lowLevelChannels,
    ...common,
  })
  const upsampled = builder.resize(encoded, { name: `${name}.upsample`, height, width, alignCorners })
  const both = decoder.first === 'encoder' ? [upsampled, reduced] : [reduced, upsampled]
  let x = builder.concat(both, { name: `${name}.concat` })
  for (let index = 0; index < decoder.convolutions; index++)
    x = convolutionUnit(builder, x, {
      ...decoderLayer(`convs.${index}`, name),
      kernel,
      outChannels,
      separable,
      ...common,
    })
  return x
}
