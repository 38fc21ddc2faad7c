// The decoder of DeepLabv3+ (Chen et al. 2018, section 3.1 and Figure 2): the encoder's output, upsampled, beside low-level features of
// few channels, and 3×3 convolutions over both.

import type { Tensor } from '../../graph/ir/tensor.ts'
import type { GraphBuilder } from '../../graph/ops/index.ts'
import { convolutionUnit } from '../layers.ts'
import type { DecoderConfig } from './head_config.ts'

/** The beginning of the names of its parameters. */
const NAME = 'decoder'

/** The name of each convolution, and of its batch norm. */
export const decoderLayer = (part: string) => ({
  convolution: `${NAME}.${part}.0`,
  batchNorm: `${NAME}.${part}.1`,
})

interface Decoder extends DecoderConfig {
  outChannels: number
  epsilon: number
  alignCorners: boolean
}

/** The encoder's output [n, h, w, c] and low-level features [n, h', w', c'] → [n, h', w', outChannels]. */
export function decode(
  builder: GraphBuilder,
  { encoded, lowLevel }: { encoded: Tensor; lowLevel: Tensor },
  decoder: Decoder,
): Tensor {
  const { outChannels, epsilon, alignCorners, separable } = decoder
  const [, height, width] = lowLevel.shape
  const common = { epsilon, activation: 'relu' } as const
  const reduced = convolutionUnit(builder, lowLevel, {
    ...{ ...decoderLayer('project'), kernel: 1, outChannels: decoder.lowLevelChannels, ...common },
  })
  const upsampled = builder.resize(encoded, { name: `${NAME}.upsample`, height, width, alignCorners })
  const both = decoder.first === 'encoder' ? [upsampled, reduced] : [reduced, upsampled]
  let x = builder.concat(both, { name: `${NAME}.concat` })
  for (let index = 0; index < decoder.convolutions; index++)
    x = convolutionUnit(builder, x, {
      ...{ ...decoderLayer(`convs.${index}`), kernel: 3, outChannels, separable, ...common },
    })
  return x
}
