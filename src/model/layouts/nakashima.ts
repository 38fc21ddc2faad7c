// K. Nakashima's deeplab-pytorch, DeepLab v2 on ResNet-101: the names of its older releases, and those of a network without the module
// that runs several scales. Our names are those of its last release with that module.

import { CAFFE } from '../preprocessing.ts'
import type { NameLayout } from './name_layout.ts'

/** Before the name of the first layer: without a module for several scales, in older releases, and in the last one. */
const PREFIXES = ['', 'scale.', 'base.']

export const nakashimaLayout: NameLayout = {
  name: 'deeplab-pytorch',
  renamingOf(tensors) {
    const prefix = PREFIXES.find(prefix => tensors.has(`${prefix}layer1.conv1.conv.weight`))
    if (prefix === undefined) return undefined
    const isOlder = tensors.has(`${prefix}aspp.stages.c0.weight`)
    if (prefix === 'base.' && !isOlder) return undefined
    return [
      ...(isOlder ? OLDER_NAMES.map(([theirs, ours]) => [prefix + theirs, ours] as const) : []),
      [`${prefix}*`, 'base.*'],
    ]
  },
  complete: options => options,
  preprocessing: CAFFE,
}

const OLDER_NAMES = [
  ['layer#.block#.proj.*', 'base.layer#.block#.shortcut.*'],
  ['aspp.stages.c#.*', 'base.aspp.c#.*'],
] as const
