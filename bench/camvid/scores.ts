// Scores of a trained model on the validation split, kept in a file: a second run computes only those that are missing.

import { readFile } from 'node:fs/promises'
import { countBar } from '../../src/cli/progress.ts'
import type { FileDataset } from '../../src/node/datasets/file_dataset.ts'
import type { DeepLab } from '../../src/node/deeplab.ts'
import { writeFileAtomic } from '../../src/node/files/atomic.ts'
import { renderSamples, sampleRow, spreadIndices } from '../../src/node/training/samples.ts'
import { evaluate } from '../../src/train/evaluate.ts'

/** The scales of DeepLabv3's tables (section 4.1). */
const SCALES = [0.5, 0.75, 1, 1.25, 1.5, 1.75]

export const WAYS = {
  'stride 16': { outputStride: 16 },
  'stride 8': { outputStride: 8 },
  'stride 16, scales and flip': { outputStride: 16, scales: SCALES, flip: true },
  'stride 8, scales and flip': { outputStride: 8, scales: SCALES, flip: true },
} as const

export type Way = keyof typeof WAYS

export interface Score {
  mIoU: number
  pixelAccuracy: number
  classes: { name: string; iou: number | null }[]
  minutes: number
}

export type Scores = Partial<Record<Way, Score>>

export async function scoresOf(
  model: DeepLab,
  dataset: FileDataset,
  { file, ways }: { file: string; ways: readonly Way[] },
): Promise<Scores> {
  const scores: Scores = JSON.parse(await readFile(file, 'utf8').catch(() => '{}'))
  for (const way of ways) {
    if (scores[way]) continue
    const bar = countBar(dataset.size, `images at ${way}`, { shown: true })
    const start = performance.now()
    try {
      const found = await evaluate(model, dataset, { ...WAYS[way], onProgress: bar.step })
      const classes = found.classes.map(({ name, iou }) => ({ name, iou }))
      const minutes = (performance.now() - start) / 60_000
      scores[way] = { mIoU: found.mIoU!, pixelAccuracy: found.pixelAccuracy!, classes, minutes }
    } finally {
      bar.stop()
    }
    await writeFileAtomic(file, `${JSON.stringify(scores, undefined, 1)}\n`)
  }
  return scores
}

const PICTURES = 10

/** Draws photos of the split, their labels and the model's masks at stride 8. */
export async function drawPictures(model: DeepLab, dataset: FileDataset, file: string): Promise<void> {
  const rows = []
  for (const index of spreadIndices(dataset.size, PICTURES)) {
    const labelled = await dataset.read(index)
    const { mask } = await model.segment(labelled.image, { outputStride: 8 })
    rows.push(await sampleRow({ labelled, prediction: mask }))
  }
  const headings = ['photo', 'labels', 'prediction'] as const
  await writeFileAtomic(file, await renderSamples(rows, { classNames: dataset.classNames, headings }))
}
