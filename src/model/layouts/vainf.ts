// VainF's DeepLabV3Plus-Pytorch: DeepLabv3 and DeepLabv3+ on resnet50, resnet101 and mobilenet_v2. The decoder has the low-level
// features first and one 3×3 convolution.

import { IMAGENET } from '../preprocessing.ts'
import { mobileNetNames } from './mobilenet_names.ts'
import { classifierOf, type NameLayout } from './name_layout.ts'
import type { Renaming } from './renaming.ts'

export const vainfLayout: NameLayout = {
  name: 'DeepLabV3Plus-Pytorch',
  renamingOf(tensors) {
    const isPlus = tensors.has('classifier.aspp.convs.0.0.weight')
    if (!isPlus && !tensors.has('classifier.classifier.0.convs.0.0.weight')) return undefined
    const isMobileNet = tensors.has('backbone.low_level_features.0.0.weight')
    const classifier = classifierOf(isMobileNet)
    return [
      ...(isMobileNet ? mobileNetNames(featureName) : RESNET),
      ...(isPlus ? plusNames(classifier) : v3Names(classifier)),
    ]
  },
  complete: options => ({
    ...options,
    outputStride: 16,
    firstUnitRate: 'previousBlock',
    ...('decoder' in options && options.decoder && { decoder: { ...options.decoder, first: 'lowLevel' } }),
    ...(options.backbone === 'mobilenet_v2' && MOBILENET),
  }),
  preprocessing: IMAGENET,
}

const MOBILENET = { tfPadding: false, batchNormEpsilon: 1e-5, padsBeforeExpansion: true } as const

const RESNET: Renaming = [['backbone.*', 'backbone.*']]

/** MobileNetV2's features are in two parts, of which a decoder reads the first. */
const featureName = (index: number) =>
  `backbone.${index < 4 ? 'low_level_features' : 'high_level_features'}.${index}`

const plusNames = (classifier: string): Renaming => [
  ['classifier.project.*', 'decoder.project.*'],
  ['classifier.aspp.*', 'classifier.0.*'],
  ['classifier.classifier.3.*', `${classifier}.*`],
  ['classifier.classifier.*', 'decoder.convs.0.*'],
]

const v3Names = (classifier: string): Renaming => [
  ['classifier.classifier.4.*', `${classifier}.*`],
  ['classifier.classifier.*', 'classifier.*'],
]
