// A row of a paper's table, or a public checkpoint's network, before its config is completed.

import type { DeepLabOptions } from '../backbones/table.ts'

export interface Inference {
  outputStride: number
  /** The image sizes that the network sees, as factors. */
  scales: number[]
  /** Whether each scale also runs on the mirrored image. */
  flip: boolean
  /** Whether the scales' probabilities are averaged (default), or the maximum of their logits is taken. */
  merge?: 'mean' | 'max'
  /** The parameters of a fully connected CRF behind the network. Default: none. */
  crf?: 'v1' | 'v2' | 'v2-vgg'
}

export interface Row {
  name: string
  options: DeepLabOptions
  inference?: Partial<Inference>
  size?: number
  paperMeanIoU?: number
}

/** The scales of DeepLabv3 and DeepLabv3+ ("MS", section 4.1 of Chen et al. 2017). */
export const MULTI_SCALE = [0.5, 0.75, 1, 1.25, 1.5, 1.75]
