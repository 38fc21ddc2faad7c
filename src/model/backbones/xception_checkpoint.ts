// How this package names the tensors of Xception-65: the backbone as timm's `xception65`, the head as for ResNets.

import { describeHead, type HeadArchitecture, headOf, headOptions } from '../heads/head_tensors.ts'
import { TENSORFLOW } from '../preprocessing.ts'
import type { Architecture, CheckpointLayout, TensorShapes } from './backbone.ts'
import { outputChannels } from './tensor_names.ts'

/** The network as its tensors' names and shapes tell it. */
export interface XceptionArchitecture extends Architecture, HeadArchitecture {
  family: 'timm-xception65'
  /** Factor on all channels. */
  width: number
}

export const xceptionCheckpoint: CheckpointLayout = {
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
  isUnused: () => false,
  preprocessing: TENSORFLOW,
}

function architectureOf(tensors: TensorShapes): XceptionArchitecture | undefined {
  const classes = outputChannels(tensors, 'classifier.4.weight')
  // The widest layer, so rounding changes its number of channels least.
  const channels = outputChannels(tensors, 'backbone.blocks.20.stack.conv3.conv_pw.weight')
  if (classes === undefined || channels === undefined) return undefined
  const lowLevel = 'backbone.blocks.1.stack.conv2.conv_pw.weight'
  return { family: 'timm-xception65', classes, width: channels / 2048, ...headOf(tensors, { lowLevel }) }
}
