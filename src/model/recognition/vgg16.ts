// Recognises FCN and DeepLab v1 and v2 on VGG-16 by the names that their Caffe models have for the layers.

import type { Vgg16Config } from '../backbones/vgg16.ts'
import {
  type Architecture,
  countWhile,
  outputChannels,
  type Recogniser,
  type TensorShapes,
} from './recognised.ts'

/** The network as its tensors' names and shapes tell it, in the words of Vgg16Config. */
interface Vgg16Architecture extends Architecture {
  family: 'caffe-vgg16'
  head: Vgg16Config['head']
  /** The branches of an atrous head; 0 for FCN. */
  branches: number
  /** Whether the image and the poolings have scores of their own. */
  multiScale: boolean
  width: number
}

/** The rates of the public networks, by the number of branches. */
const RATES: Record<number, number[]> = { 1: [12], 4: [6, 12, 18, 24] }

export const vgg16Recogniser: Recogniser<Vgg16Config> = {
  network: 'VGG-16 of FCN or DeepLab',
  recognise(tensors) {
    const architecture = architectureOf(tensors)
    if (!architecture) return undefined
    const { head, branches, multiScale, width, classes } = architecture
    const isFcn = head !== 'atrous'
    const rates = RATES[branches] ?? Array.from({ length: branches }, (_, i) => 6 * (i + 1))
    const name = isFcn ? `FCN-${head.slice(3)}` : 'DeepLab'
    const parts = isFcn ? '' : branches === 1 ? ', LargeFOV' : `, ASPP of ${branches} branches`
    const outputStride = isFcn ? 32 : 8
    return {
      architecture,
      options: {
        backbone: 'vgg16',
        head,
        outputStride,
        width,
        classes,
        ...(!isFcn && { rates, multiScale, alignCorners: true }),
      },
      description: `${name}-VGG-16${parts}, ${classes} classes`,
      namedBy: 'Caffe',
    }
  },
}

function architectureOf(tensors: TensorShapes): Vgg16Architecture | undefined {
  const first = outputChannels(tensors, 'conv1_1.weight')
  if (first === undefined || !tensors.has('conv5_3.weight')) return undefined
  const family = 'caffe-vgg16'
  const width = first / 64
  const fcn = outputChannels(tensors, 'score_fr.weight')
  if (fcn !== undefined)
    return { family, head: fcnHead(tensors), branches: 0, multiScale: false, width, classes: fcn }
  const branches = countWhile(i => tensors.has(`fc8_${i + 1}.weight`))
  const classes = outputChannels(tensors, branches > 0 ? 'fc8_1.weight' : 'fc8.weight')
  const multiScale = tensors.has('input_ms.weight')
  return classes === undefined
    ? undefined
    : { family, head: 'atrous', branches: Math.max(1, branches), multiScale, width, classes }
}

function fcnHead(tensors: TensorShapes): Vgg16Config['head'] {
  if (tensors.has('score_pool3.weight')) return 'fcn8s'
  return tensors.has('score_pool4.weight') ? 'fcn16s' : 'fcn32s'
}
