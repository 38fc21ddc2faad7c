// The layout of another library's checkpoints of our networks: names, and conventions that tensors do not show.

import type { DeepLabOptions } from '../backbones/table.ts'
import type { Preprocessing } from '../preprocessing.ts'
import type { TensorShapes } from '../recognition/recognised.ts'
import type { Renaming } from './renaming.ts'

export interface NameLayout {
  /** The library, as messages name it. */
  name: string
  /** The table of names for a checkpoint of this library; undefined if these tensors are not of it. */
  renamingOf(tensors: TensorShapes): Renaming | undefined
  /** The network with the library's conventions; `options` is what the renamed tensors tell. */
  complete(options: DeepLabOptions): DeepLabOptions
  preprocessing: Preprocessing
  /** Fields of the library's config.json that its networks need to be told apart. Without it a reader is told what was assumed. */
  fieldsOfRates?: readonly string[]
}

/** The fields of a network that only a config.json tells. */
export interface DescribedNetwork {
  outputStride: number
  /** Of ASPP, at output stride 16. */
  rates: number[]
}

/** The classifier's name in a head of MobileNetV2 and in those of other backbones. */
export const classifierOf = (isMobileNet: boolean): string =>
  isMobileNet ? 'segmentation_head.classifier.convolution' : 'classifier.4'
