// Networks of known libraries that are not read, so that the refusal can name them.

import type { TensorShapes } from '../recognition/recognised.ts'

/** The network, and the name of a tensor by which it is told from the others here. */
const UNREAD: readonly (readonly [network: string, tensor: RegExp])[] = [
  ["torchvision's networks on MobileNetV3", /^backbone\.0\.0\.weight$/],
  ["jfzhang95's pytorch-deeplab-xception on MobileNetV2", /^backbone\.features\.0\.0\.weight$/],
  ["jfzhang95's pytorch-deeplab-xception on DRN", /^backbone\.layer8\.0\./],
  ["Xception in jfzhang95's or VainF's code", /^backbone\.block12\./],
  ["VainF's DeepLabV3Plus-Pytorch on HRNetV2", /^backbone\.transition1\./],
  ["K. Nakashima's deeplab-pytorch, v3+", /^(base\.)?reduce\.conv\.weight$/],
  ["K. Nakashima's deeplab-pytorch, v3", /^(base\.)?aspp\.stages\.imagepool\./],
  ["K. Nakashima's deeplab-pytorch, v1", /^(base\.)?layer5\.block3\.increase\./],
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
