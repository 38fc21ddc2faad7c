// Checkpoints of other libraries: their tensors under our names, and those of known libraries that are not read.

import type { TensorShapes } from '../recognition/recognised.ts'
import { jfzhang95Layout } from './jfzhang95.ts'
import { nakashimaLayout } from './nakashima.ts'
import type { NameLayout } from './name_layout.ts'
import { ourName, type Renaming } from './renaming.ts'
import { smpLayout, smpTimmLayout } from './smp.ts'
import { vainfLayout } from './vainf.ts'

const nameLayouts: readonly NameLayout[] = [
  smpTimmLayout,
  smpLayout,
  vainfLayout,
  jfzhang95Layout,
  nakashimaLayout,
]

/** A checkpoint's tensors under our names. */
export interface OurTensors {
  tensors: TensorShapes
  /** Where the names were another library's: the library's conventions, and the table for writing the names again. */
  foreign?: { layout: NameLayout; renaming: Renaming }
}

/** Tensors whose names no table has keep their names. */
export function tensorsByOurNames(stateDict: TensorShapes): OurTensors {
  for (const layout of nameLayouts) {
    const renaming = layout.renamingOf(stateDict)
    if (!renaming) continue
    const renamed = [...stateDict].map(([name, tensor]) => [ourName(name, renaming), tensor] as const)
    return { tensors: new Map(renamed), foreign: { layout, renaming } }
  }
  return { tensors: stateDict }
}

/** Networks that are not read, so that the refusal can name them, and the name of a tensor by which each is told from the others. */
const UNREAD: readonly (readonly [network: string, tensor: RegExp])[] = [
  ["torchvision's networks on MobileNetV3", /^backbone\.0\.0\.weight$/],
  ["jfzhang95's pytorch-deeplab-xception on MobileNetV2", /^backbone\.features\.0\.0\.weight$/],
  ["jfzhang95's pytorch-deeplab-xception on DRN", /^backbone\.layer8\.0\./],
  ["Xception in jfzhang95's or VainF's code", /^backbone\.block12\./],
  ["VainF's DeepLabV3Plus-Pytorch on HRNetV2", /^backbone\.transition1\./],
  ["K. Nakashima's deeplab-pytorch, v3+", /^(base\.)?reduce\.conv\.weight$/],
  ["K. Nakashima's deeplab-pytorch, v3", /^(base\.)?aspp\.stages\.imagepool\./],
  ['segmentation_models.pytorch with another encoder or decoder', /^segmentation_head\.0\.weight$/],
]

/** The name of an unread network that has these tensors, as they are called in the checkpoint. */
export const unreadNetwork = (tensors: TensorShapes): string | undefined =>
  isResNeXt(tensors)
    ? 'a network on ResNeXt'
    : UNREAD.find(([, tensor]) => [...tensors.keys()].some(name => tensor.test(name)))?.[0]

/** ResNeXt has a ResNet's names, but its 3×3 convolutions read a group of the channels. */
export function isResNeXt(tensors: TensorShapes): boolean {
  const name = [...tensors.keys()].find(name => name.endsWith('layer1.0.conv2.weight'))
  const [outChannels, inChannels] = (name && tensors.get(name)?.shape) || []
  return inChannels < outChannels
}
