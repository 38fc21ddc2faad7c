// Recognises the networks on MobileNetV2 by the names of Hugging Face's MobileNetV2ForSemanticSegmentation.

import type { MobileNetV2Config } from '../backbones/mobilenet_v2.ts'
import { describeHead, type HeadArchitecture, headOf, headOptions } from './head.ts'
import { type Architecture, outputChannels, type Recogniser, type TensorShapes } from './recognised.ts'

/** The network as its tensors' names and shapes tell it. */
interface MobilenetArchitecture extends Architecture {
  family: 'huggingface-mobilenet_v2'
  /** Factor on all widths. */
  depthMultiplier: number
  /** Absent if it is the light head. */
  head?: HeadArchitecture
}

export const mobileNetV2Recogniser: Recogniser<MobileNetV2Config> = {
  network: 'DeepLabv3-MobileNetV2',
  recognise(tensors) {
    const architecture = architectureOf(tensors)
    if (!architecture) return undefined
    const { depthMultiplier, classes, head } = architecture
    const network = `DeepLabv3${head?.decoder ? '+' : ''}-MobileNetV2 of width ${depthMultiplier}`
    const parts = head ? `, ${describeHead(head)}` : ''
    return {
      architecture,
      options: { backbone: 'mobilenet_v2', depthMultiplier, classes, ...(head && headOptions(head)) },
      description: `${network}${parts}, ${classes} classes`,
      namedBy: 'Hugging Face',
    }
  },
}

function architectureOf(tensors: TensorShapes): MobilenetArchitecture | undefined {
  const classes = outputChannels(tensors, 'segmentation_head.classifier.convolution.weight')
  // The last block has 320 channels before the multiplier. It is the widest, so rounding to 8 changes it least.
  const width = outputChannels(tensors, 'mobilenet_v2.layer.15.reduce_1x1.convolution.weight')
  if (classes === undefined || width === undefined) return undefined
  const head = headOf(tensors, { lowLevel: 'mobilenet_v2.layer.1.reduce_1x1.convolution.weight' })
  return {
    family: 'huggingface-mobilenet_v2',
    depthMultiplier: width / 320,
    classes,
    ...(head.aspp && { head }),
  }
}
