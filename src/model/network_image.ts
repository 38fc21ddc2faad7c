// The input of a graph that takes images, and the image that the network sees of it.

import type { Tensor } from '../graph/ir/tensor.ts'
import type { GraphBuilder } from '../graph/ops/index.ts'
import { type Preprocessing, samplesIn } from './preprocessing.ts'

/** Adds the input `photo` to a graph: of photos rgba8 [n, height, width, 4], of an image's own samples [n, height, width, c]. */
export function photoInput(
  builder: GraphBuilder,
  { batch, height, width }: { batch: number; height: number; width: number },
  preprocessing: Preprocessing,
): Tensor {
  const channels = samplesIn(preprocessing)
  return channels === undefined
    ? builder.input('photo', [batch, height, width, 4], 'rgba8')
    : builder.input('photo', [batch, height, width, channels], 'samples')
}

/** Adds the preprocessing to a graph: `photo` → the normalised image [n, height, width, c]. */
export function networkImage(
  builder: GraphBuilder,
  photo: Tensor,
  {
    mean,
    std,
    channels,
    ...view
  }: Omit<Preprocessing, 'size' | 'edge'> & { height: number; width: number; flip?: boolean },
): Tensor {
  const { height, width, flip } = view
  return builder.preprocess(photo, { name: 'image', height, width, mean, std, channels, flip })
}
