// Functions that the recognisers of several checkpoint layouts use.

import type { TensorShapes } from './recognised.ts'

/** The first of 0, 1, 2 … for which `holds` is false. */
export function countWhile(holds: (index: number) => boolean): number {
  let count = 0
  while (holds(count)) count++
  return count
}

/** The output channels of a convolution; undefined if the checkpoint does not have its weight. */
export function outputChannels(tensors: TensorShapes, weightName: string): number | undefined {
  return tensors.get(weightName)?.shape[0]
}
