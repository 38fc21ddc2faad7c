// Recognises DeepLab v2 on ResNet-101 by the names of K. Nakashima's PyTorch checkpoints.

import type { DeepLabV2Config } from '../backbones/deeplab_v2.ts'
import {
  type Architecture,
  countWhile,
  outputChannels,
  type Recogniser,
  type TensorShapes,
} from './recognised.ts'

/** The network as its tensors' names and shapes tell it, in the words of DeepLabV2Config. */
interface DeepLabV2Architecture extends Architecture {
  family: 'deeplabv2-resnet'
  units: number[]
  /** The classifiers whose sum is the logits; 0 is one without ASPP. */
  branches: number
  width: number
}

export const deepLabV2Recogniser: Recogniser<DeepLabV2Config> = {
  network: 'DeepLabv2-ResNet',
  recognise(tensors) {
    const architecture = architectureOf(tensors)
    if (!architecture) return undefined
    const { units, branches, width, classes } = architecture
    const rates = branches === 1 ? [12] : Array.from({ length: branches }, (_, i) => 6 * (i + 1)) // LargeFOV, ASPP-L
    const depth = 3 * units.reduce((a, b) => a + b) + 2
    return {
      architecture,
      options: { backbone: 'deeplabv2_resnet101', units, rates, width, classes },
      description: `DeepLabv2-ResNet-${depth}, ${branches > 0 ? `ASPP of ${branches} branches` : 'no ASPP'}, ${classes} classes`,
      namedBy: 'K. Nakashima',
    }
  },
}

function architectureOf(tensors: TensorShapes): DeepLabV2Architecture | undefined {
  const first = outputChannels(tensors, 'base.layer1.conv1.conv.weight')
  const classes = outputChannels(tensors, 'base.aspp.c0.weight') ?? outputChannels(tensors, 'base.fc.weight')
  const units = [2, 3, 4, 5].map(layer =>
    countWhile(unit => tensors.has(`base.layer${layer}.block${unit + 1}.conv3x3.conv.weight`)),
  )
  if (first === undefined || classes === undefined || units.includes(0)) return undefined
  const branches = countWhile(i => tensors.has(`base.aspp.c${i}.weight`))
  return { family: 'deeplabv2-resnet', units, branches, width: first / 64, classes }
}
