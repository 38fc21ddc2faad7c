// Recognises the networks on ResNet by the names of torchvision's `deeplabv3_resnet50`, `fcn_resnet50` and their like.

import { RESNETS, type ResNetConfig } from '../backbones/resnet.ts'
import { describeHead, type HeadArchitecture, headOf, headOptions } from './head.ts'
import {
  type Architecture,
  countWhile,
  outputChannels,
  type RecognisedNetwork,
  type Recogniser,
  type TensorShapes,
} from './recognised.ts'

/** The network as its tensors' names tell it, in the words of ResNetConfig. */
interface ResnetArchitecture extends Architecture, HeadArchitecture {
  family: 'torchvision-resnet'
  unit: 'basic' | 'bottleneck'
  /** Units of each block; a fifth and later ones are cascaded copies of the fourth. ResNet-50 is [3, 4, 6, 3]. */
  units: number[]
  /** Factor on all channels. */
  width: number
  /** Whether the head is torchvision's FCNHead. */
  fcn: boolean
  /** Whether it has torchvision's second head, which only training uses. */
  auxiliaryHead: boolean
}

export const resnetRecogniser: Recogniser<ResNetConfig> = {
  network: 'DeepLabv3-ResNet',
  recognise(tensors) {
    const architecture = architectureOf(tensors)
    return architecture && recognised(architecture)
  },
}

function recognised(architecture: ResnetArchitecture): RecognisedNetwork<ResNetConfig> {
  const { units, width, classes, fcn, auxiliaryHead } = architecture
  return {
    architecture,
    options: {
      backbone: nameOf(architecture),
      units: units.slice(0, 4),
      lastBlock: units.length,
      width,
      classes,
      outputStride: 8,
      multiGrid: Array(units[3]).fill(1),
      firstUnitRate: 'previousBlock',
      fcn,
      auxiliaryHead,
      ...headOptions(architecture),
    },
    description: describe(architecture),
    namedBy: 'torchvision',
  }
}

/** The backbone of such units that has as many in block3, else the smallest. */
function nameOf({ unit, units }: ResnetArchitecture): ResNetConfig['backbone'] {
  const names = Object.keys(RESNETS) as ResNetConfig['backbone'][]
  const alike = names.filter(name => RESNETS[name].unit === unit)
  return alike.find(name => RESNETS[name].units[2] === units[2]) ?? alike[0]
}

function describe(architecture: ResnetArchitecture): string {
  const { unit, units, classes, fcn, auxiliaryHead, aspp, decoder } = architecture
  const depth = (unit === 'basic' ? 2 : 3) * units.slice(0, 4).reduce((a, b) => a + b) + 2
  const name = fcn ? 'FCN' : `DeepLabv3${decoder ? '+' : ''}`
  const cascade = fcn ? '' : `, ${units.length} blocks, no ASPP`
  const head = aspp ? `, ${describeHead(architecture)}` : cascade
  const auxiliary = auxiliaryHead ? ', auxiliary head' : ''
  return `${name}-ResNet-${depth}${head}${auxiliary}, ${classes} classes`
}

function architectureOf(tensors: TensorShapes): ResnetArchitecture | undefined {
  const blocks = countWhile(block => countUnits(tensors, `backbone.layer${block + 1}`) > 0)
  const classes = outputChannels(tensors, 'classifier.4.weight')
  if (blocks < 4 || classes === undefined) return undefined
  // A bottleneck ends in a third convolution; a basic unit has two.
  const unit = tensors.has('backbone.layer1.0.conv3.weight') ? 'bottleneck' : 'basic'
  const [last, widest] = unit === 'basic' ? ['conv2', 512] : ['conv3', 2048]
  const lastOf = (block: number) => `backbone.layer${block}.0.${last}.weight`
  return {
    family: 'torchvision-resnet',
    classes,
    unit,
    units: Array.from({ length: blocks }, (_, block) => countUnits(tensors, `backbone.layer${block + 1}`)),
    // block4 is the widest, so rounding changes its number of channels least.
    width: outputChannels(tensors, lastOf(4))! / widest,
    ...headOf(tensors, { lowLevel: lastOf(1) }),
    // FCNHead is a convolution where DeepLabHead has ASPP, and its batch norm is where DeepLabHead has a convolution.
    ...(tensors.has('classifier.0.weight') ? { fcn: true, headConvolution: false } : { fcn: false }),
    auxiliaryHead: tensors.has('aux_classifier.4.weight'),
  }
}

function countUnits(tensors: TensorShapes, block: string): number {
  return countWhile(unit => tensors.has(`${block}.${unit}.conv1.weight`))
}
