// Recognises the networks on Xception-65 by timm's names of the backbone.

import type { XceptionConfig } from '../backbones/xception.ts'
import { describeHead, type HeadArchitecture, headOf, headOptions } from './head.ts'
import { type Architecture, outputChannels, type Recogniser, type TensorShapes } from './recognised.ts'

/** The network as its tensors' names and shapes tell it. */
interface XceptionArchitecture extends Architecture, HeadArchitecture {
  family: 'timm-xception65'
  /** Factor on all channels. */
  width: number
}

export const xceptionRecogniser: Recogniser<XceptionConfig> = {
  network: 'DeepLabv3+-Xception-65',
  recognise(tensors) {
    const architecture = architectureOf(tensors)
    if (!architecture) return undefined
    const { width, classes } = architecture
    const { aspp, decoder } = headOptions(architecture)
    return {
      architecture,
      options: { backbone: 'xception65', width, classes, aspp, decoder },
      description: `DeepLabv3${decoder ? '+' : ''}-Xception-65, ${describeHead(architecture)}, ${classes} classes`,
      namedBy: 'timm',
    }
  },
}

function architectureOf(tensors: TensorShapes): XceptionArchitecture | undefined {
  const classes = outputChannels(tensors, 'classifier.4.weight')
  // The widest layer, so rounding changes its number of channels least.
  const channels = outputChannels(tensors, 'backbone.blocks.20.stack.conv3.conv_pw.weight')
  if (classes === undefined || channels === undefined) return undefined
  const lowLevel = 'backbone.blocks.1.stack.conv2.conv_pw.weight'
  return { family: 'timm-xception65', classes, width: channels / 2048, ...headOf(tensors, { lowLevel }) }
}
