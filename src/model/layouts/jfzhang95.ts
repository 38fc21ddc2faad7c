// jfzhang95's pytorch-deeplab-xception: DeepLabv3+ on ResNet-101, with multi-grid 1, 2, 4 and aligned corners.

import { IMAGENET } from '../preprocessing.ts'
import type { NameLayout } from './name_layout.ts'
import type { Renaming } from './renaming.ts'

export const jfzhang95Layout: NameLayout = {
  name: 'pytorch-deeplab-xception',
  renamingOf: tensors => (tensors.has('aspp.aspp1.atrous_conv.weight') ? NAMES : undefined),
  complete: options => ({
    ...options,
    outputStride: 16,
    firstUnitRate: 'block',
    alignCorners: true,
    ...(options.backbone !== 'mobilenet_v2' && { multiGrid: [1, 2, 4] }),
  }),
  preprocessing: IMAGENET,
}

/** Their branches count from one, and the 1×1 convolution is one of them. */
const branches: Renaming = [1, 2, 3, 4].flatMap(index => [
  [`aspp.aspp${index}.atrous_conv.*`, `classifier.0.convs.${index - 1}.0.*`] as const,
  [`aspp.aspp${index}.bn.*`, `classifier.0.convs.${index - 1}.1.*`] as const,
])

const NAMES: Renaming = [
  ['backbone.*', 'backbone.*'],
  ...branches,
  ['aspp.global_avg_pool.*', 'classifier.0.convs.4.*'],
  ['aspp.conv1.*', 'classifier.0.project.0.*'],
  ['aspp.bn1.*', 'classifier.0.project.1.*'],
  ['decoder.conv1.*', 'decoder.project.0.*'],
  ['decoder.bn1.*', 'decoder.project.1.*'],
  ['decoder.last_conv.0.*', 'decoder.convs.0.0.*'],
  ['decoder.last_conv.1.*', 'decoder.convs.0.1.*'],
  ['decoder.last_conv.4.*', 'decoder.convs.1.0.*'],
  ['decoder.last_conv.5.*', 'decoder.convs.1.1.*'],
  ['decoder.last_conv.8.*', 'classifier.4.*'],
]
