// How torchvision's checkpoints of `deeplabv3_resnet50`, `deeplabv3_resnet101` and the paper's variants name their tensors.

import { TORCHVISION } from '../preprocessing.ts'
import type { Architecture, CheckpointLayout, RecognisedNetwork, TensorShapes } from './backbone.ts'
import { countWhile, outputChannels } from './tensor_names.ts'

/** The network as its tensors' names tell it, in the words of ResNetConfig. */
export interface ResnetArchitecture extends Architecture {
  family: 'torchvision-resnet'
  /** Units of each block; a fifth and later ones are cascaded copies of the fourth. ResNet-50 is [3, 4, 6, 3]. */
  units: number[]
  /** The parallel branches besides the 1×1 convolution; null if the logits come straight from the last block. */
  aspp: { atrousBranches: number; imagePooling: boolean } | null
  /** Whether it has torchvision's 3×3 convolution between ASPP and logits, which the paper does not have. */
  headConvolution: boolean
  /** Whether it has torchvision's second head, which only training uses. */
  auxiliaryHead: boolean
}

export const resnetCheckpoint: CheckpointLayout = {
  network: 'DeepLabv3-ResNet',
  recognise(tensors) {
    const architecture = architectureOf(tensors)
    return architecture && recognised(architecture)
  },
  // The auxiliary head, which a config may leave out.
  isUnused: name => name.startsWith('aux_classifier.'),
  preprocessing: TORCHVISION,
}

function recognised(architecture: ResnetArchitecture): RecognisedNetwork {
  const { units, classes, aspp, headConvolution, auxiliaryHead } = architecture
  return {
    architecture,
    options: {
      backbone: units[2] === 23 ? 'resnet101' : 'resnet50',
      units: units.slice(0, 4),
      lastBlock: units.length,
      classes,
      outputStride: 8,
      multiGrid: Array(units[3]).fill(1),
      firstUnitRate: 'previousBlock',
      headConvolution,
      auxiliaryHead,
      aspp: aspp && {
        rates: [6, 12, 18, 24].slice(0, aspp.atrousBranches),
        imagePooling: aspp.imagePooling,
      },
    },
    description: describe(architecture),
  }
}

function describe({ units, classes, aspp, auxiliaryHead }: ResnetArchitecture): string {
  const depth = 3 * units.slice(0, 4).reduce((a, b) => a + b) + 2
  const head = aspp
    ? `ASPP of ${aspp.atrousBranches} atrous branches${aspp.imagePooling ? ' and image pooling' : ''}`
    : `${units.length} blocks, no ASPP`
  const auxiliary = auxiliaryHead ? ', auxiliary head' : ''
  return `DeepLabv3-ResNet-${depth}, ${head}${auxiliary}, ${classes} classes (named as by torchvision)`
}

function architectureOf(tensors: TensorShapes): ResnetArchitecture | undefined {
  const blocks = countWhile(block => countUnits(tensors, `backbone.layer${block + 1}`) > 0)
  const classes = outputChannels(tensors, 'classifier.4.weight')
  // A unit of ResNet-50 and deeper ends in a third convolution; one of ResNet-18 and 34 does not.
  const bottleneck = tensors.has('backbone.layer1.0.conv3.weight')
  if (blocks < 4 || !bottleneck || classes === undefined) return undefined
  return {
    family: 'torchvision-resnet',
    classes,
    units: Array.from({ length: blocks }, (_, block) => countUnits(tensors, `backbone.layer${block + 1}`)),
    aspp: asppOf(tensors),
    headConvolution: tensors.has('classifier.1.weight'),
    auxiliaryHead: tensors.has('aux_classifier.4.weight'),
  }
}

/** Branch 0 is the 1×1 convolution. Image pooling comes last, its convolution at .1 because .0 is the pooling. */
function asppOf(tensors: TensorShapes): ResnetArchitecture['aspp'] {
  const branch = 'classifier.0.convs'
  const convolutions = countWhile(index => tensors.has(`${branch}.${index}.0.weight`))
  if (convolutions === 0) return null
  return {
    atrousBranches: convolutions - 1,
    imagePooling: tensors.has(`${branch}.${convolutions}.1.weight`),
  }
}

function countUnits(tensors: TensorShapes, block: string): number {
  return countWhile(unit => tensors.has(`${block}.${unit}.conv1.weight`))
}
