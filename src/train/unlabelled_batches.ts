// Batches of labelled photos, each with as many photos without labels.

import type { Batch } from './batch.ts'
import { mixBoxes } from './cut_mix.ts'
import type { Distortion } from './distortion.ts'
import type { TrainingBatch } from './micro_batches.ts'

/** The strong view of UniMatch, besides CutMix. */
export const STRONG_VIEW: Distortion = {
  colourJitter: [0.5, 0.5, 0.5, 0.25],
  jittered: 0.8,
  grey: 0.2,
  blur: 0.5,
}

type Batches = AsyncGenerator<Batch, never, void>

/** Yields the batches in pairs. `start`: the step of the first. `unlabelled` has strong views. Ends both when its own loop ends. */
export async function* pairedBatches(
  labelled: Batches,
  unlabelled: Batches,
  { start, seed, cropSize, batchSize }: { start: number; seed: number; cropSize: number; batchSize: number },
): AsyncGenerator<TrainingBatch, never, void> {
  try {
    for (let step = start; ; step++) {
      const [{ value: batch }, { value: others }] = await Promise.all([labelled.next(), unlabelled.next()])
      const boxes = mixBoxes({ seed, step, images: batchSize, cropSize })
      yield { ...batch, unlabelled: { ...others, strong: others.strong!, boxes } }
    }
  } finally {
    await Promise.all([labelled.return(undefined as never), unlabelled.return(undefined as never)])
  }
}
