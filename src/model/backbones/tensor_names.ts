// What the recognisers of checkpoints share.

import type { TensorShapes } from './backbone.ts'

/** How many of 0, 1, 2 … hold before the first that does not. */
export function countWhile(holds: (index: number) => boolean): number {
  let count = 0
  while (holds(count)) count++
  return count
}

/** The output channels of a convolution; undefined where the checkpoint does not have its weight. */
export function outputChannels(tensors: TensorShapes, weightName: string): number | undefined {
  return tensors.get(weightName)?.shape[0]
}
