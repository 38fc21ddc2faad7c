// The decoder of DeepLabv3+ (Chen et al. 2018, section 3.1 and Figure 2): the encoder's output, upsampled, beside low-level features of
// few channels, and convolutions over both. Section 4.1 also tries two such stages, one after the other.

import type { Tensor } from '../../graph/ir/tensor.ts'
import type { GraphBuilder } from '../../graph/ops/index.ts'
import { convolutionUnit } from '../layers.ts'
import type { DecoderConfig } from './head_config.ts'

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
export function decode(
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
    ...{ ...decoderLayer('project', name), kernel: 1, outChannels: decoder.lowLevelChannels, ...common },
  })
  const upsampled = builder.resize(encoded, { name: `${name}.upsample`, height, width, alignCorners })
  const both = decoder.first === 'encoder' ? [upsampled, reduced] : [reduced, upsampled]
  let x = builder.concat(both, { name: `${name}.concat` })
  for (let index = 0; index < decoder.convolutions; index++)
    x = convolutionUnit(builder, x, {
      ...{ ...decoderLayer(`convs.${index}`, name), kernel, outChannels, separable, ...common },
    })
  return x
}
