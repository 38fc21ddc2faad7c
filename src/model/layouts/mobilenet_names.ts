// Names of MobileNetV2's layers: torchvision's, which the libraries that build on it share, timm's, and Hugging Face's, which are ours.

import type { Renaming } from './renaming.ts'

/** The units of the network after its stem. */
const UNITS = 16

/** A convolution and its batch norm: two names of theirs, and one of ours. */
const layer = (convolution: string, norm: string, ours: string): Renaming => [
  [`${convolution}.*`, `mobilenet_v2.${ours}.convolution.*`],
  [`${norm}.*`, `mobilenet_v2.${ours}.normalization.*`],
]

/** `feature` is the name of the feature with a number. */
export const mobileNetNames = (feature: (index: number) => string): Renaming => [
  ...layer(`${feature(0)}.0`, `${feature(0)}.1`, 'conv_stem.first_conv'),
  ...layer(`${feature(1)}.conv.0.0`, `${feature(1)}.conv.0.1`, 'conv_stem.conv_3x3'),
  ...layer(`${feature(1)}.conv.1`, `${feature(1)}.conv.2`, 'conv_stem.reduce_1x1'),
  ...Array.from({ length: UNITS }, (_, unit) => {
    const name = `${feature(unit + 2)}.conv`
    return [
      ...layer(`${name}.0.0`, `${name}.0.1`, `layer.${unit}.expand_1x1`),
      ...layer(`${name}.1.0`, `${name}.1.1`, `layer.${unit}.conv_3x3`),
      ...layer(`${name}.2`, `${name}.3`, `layer.${unit}.reduce_1x1`),
    ]
  }).flat(),
  ...layer(`${feature(18)}.0`, `${feature(18)}.1`, 'conv_1x1'),
]

/** The units of timm's blocks after the first, which is part of our stem. */
const TIMM_BLOCKS = [2, 3, 4, 3, 3, 1]

/** timm's names. `prefix` stands before each of the backbone's. */
export function timmMobileNetNames(prefix: string): Renaming {
  const first = `${prefix}blocks.0.0`
  const units = TIMM_BLOCKS.flatMap((count, block) =>
    Array.from({ length: count }, (_, unit) => `${prefix}blocks.${block + 1}.${unit}`),
  )
  return [
    ...layer(`${prefix}conv_stem`, `${prefix}bn1`, 'conv_stem.first_conv'),
    ...layer(`${first}.conv_dw`, `${first}.bn1`, 'conv_stem.conv_3x3'),
    ...layer(`${first}.conv_pw`, `${first}.bn2`, 'conv_stem.reduce_1x1'),
    ...units.flatMap((name, unit) => [
      ...layer(`${name}.conv_pw`, `${name}.bn1`, `layer.${unit}.expand_1x1`),
      ...layer(`${name}.conv_dw`, `${name}.bn2`, `layer.${unit}.conv_3x3`),
      ...layer(`${name}.conv_pwl`, `${name}.bn3`, `layer.${unit}.reduce_1x1`),
    ]),
    ...layer(`${prefix}conv_head`, `${prefix}bn2`, 'conv_1x1'),
  ]
}
