// DeepLab's head as a checkpoint's tensors tell it, whatever the backbone.

import { ASPP_NAME, decoderLayer } from '../heads/deeplab_head.ts'
import type { AsppConfig, DecoderConfig } from '../heads/head_config.ts'
import type { Separable } from '../layers.ts'
import { countWhile, outputChannels, type TensorShapes } from './recognised.ts'

export interface HeadArchitecture {
  /** The parallel branches besides the 1×1 convolution; null if there is no ASPP. */
  aspp: { atrousBranches: number; imagePooling: boolean; separable: Separable | null } | null
  /** Whether it has torchvision's 3×3 convolution between ASPP and logits, which the paper does not have. */
  headConvolution: boolean
  /** DeepLabv3+'s decoder; null if there is none. */
  decoder: Omit<DecoderConfig, 'first'> | null
}

/** `lowLevel` is the name of the weight whose output channels are the low-level features of stride 4. */
export function headOf(tensors: TensorShapes, { lowLevel }: { lowLevel: string }): HeadArchitecture {
  return {
    aspp: asppOf(tensors),
    headConvolution: separableOf(tensors, 'classifier.1') !== undefined,
    decoder: decoderOf(tensors, lowLevel),
  }
}

/** The fields of a config. Atrous rates, which tensors do not tell, are as in the public weights. */
export const headOptions = ({ aspp, headConvolution, decoder }: HeadArchitecture) => ({
  aspp: aspp && asppOptions(aspp),
  headConvolution,
  decoder,
})

const asppOptions = ({ atrousBranches, ...others }: NonNullable<HeadArchitecture['aspp']>): AsppConfig => ({
  ...others,
  rates: [6, 12, 18, 24].slice(0, atrousBranches),
})

/** The head in words for a reader. */
export function describeHead({ aspp, decoder }: HeadArchitecture): string {
  if (!aspp) return 'no ASPP'
  const kind = aspp.separable ? 'separable atrous' : 'atrous'
  const pooling = aspp.imagePooling ? ' and image pooling' : ''
  const ending = decoder
    ? `, decoder of ${decoder.convolutions} convolution${decoder.convolutions > 1 ? 's' : ''}`
    : ''
  return `ASPP of ${aspp.atrousBranches} ${kind} branches${pooling}${ending}`
}

/** Branch 0 is the 1×1 convolution. Image pooling comes last, its convolution at .1 because .0 is the pooling. */
function asppOf(tensors: TensorShapes): HeadArchitecture['aspp'] {
  const branch = `${ASPP_NAME}.convs`
  const kind = (index: number) => separableOf(tensors, `${branch}.${index}.0`)
  const convolutions = countWhile(index => kind(index) !== undefined)
  if (convolutions === 0) return null
  return {
    atrousBranches: convolutions - 1,
    imagePooling: tensors.has(`${branch}.${convolutions}.1.weight`),
    separable: convolutions > 1 ? kind(1)! : null,
  }
}

function decoderOf(tensors: TensorShapes, lowLevel: string): HeadArchitecture['decoder'] {
  const project = tensors.get(`${decoderLayer('project').convolution}.weight`)
  if (!project) return null
  const name = (index: number) => decoderLayer(`convs.${index}`).convolution
  const kind = (index: number) => separableOf(tensors, name(index))
  const [lowLevelChannels, channels] = project.shape
  const separable = kind(0) ?? null
  const spatial = tensors.get(`${name(0)}.${separable ? 'depthwise.' : ''}weight`)
  const outChannels = outputChannels(tensors, `${name(0)}.${separable ? 'pointwise.' : ''}weight`)
  return {
    lowLevelStride: channels === outputChannels(tensors, lowLevel) ? 4 : 8,
    lowLevelChannels,
    convolutions: kind(1) === undefined ? 1 : kind(2) === undefined ? 2 : 3,
    kernel: spatial?.shape[2] === 1 ? 1 : 3,
    channels: outChannels === outputChannels(tensors, `${ASPP_NAME}.project.0.weight`) ? null : outChannels!,
    separable,
    stages: tensors.has(`${decoderLayer('project', 'decoder.coarse').convolution}.weight`) ? 2 : 1,
  }
}

/** Whether a convolution is dense (null) or separable, and how; undefined if there is none of this name. */
function separableOf(tensors: TensorShapes, name: string): Separable | null | undefined {
  if (tensors.has(`${name}.weight`)) return null
  if (!tensors.has(`${name}.pointwise.weight`)) return undefined
  return tensors.has(`${name}.depthwise_norm.weight`) ? 'both' : 'pointwise'
}
