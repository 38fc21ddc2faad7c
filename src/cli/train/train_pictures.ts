// The pictures that a training run draws. A picture that cannot be drawn is only a warning: it must not stop the run.

import type { FileDataset } from '../../node/datasets/file_dataset.ts'
import { renderSamples, type SampleRow, sampleRow, spreadIndices } from '../../node/training/samples.ts'
import type { Trainer } from '../../node/training/trainer.ts'
import type { EvaluatedImage } from '../../train/evaluate.ts'
import { isTrainingStep, isValidation, type Metrics } from './train_metrics.ts'

/** The number of photos in samples.png. */
const SAMPLES = 4

/** An SVG of the run so far; undefined if it cannot be drawn. */
export function runCurves(
  name: string,
  { model, recipe, dataset }: Trainer,
  metrics: readonly Metrics[],
): Promise<string | undefined> {
  const { batchSize, cropSize, outputStride } = recipe
  return attempt('curves.svg', async () => {
    // Imported only when needed: other commands must not wait for a plotting library.
    const { drawCurves } = await import('./train_curves.ts')
    return drawCurves({
      title: name,
      subtitle: [
        `${model.config.backbone} at output stride ${outputStride}`,
        `${batchSize} images a step of ${cropSize} × ${cropSize}`,
        dataset.name,
      ].join(' · '),
      steps: metrics.filter(isTrainingStep),
      validations: metrics.filter(isValidation),
    })
  })
}

/** Draws a model's predictions on a few images of a dataset, always the same ones. */
export class RunSamples {
  readonly #dataset: FileDataset
  readonly #shown: Set<number>
  readonly #rows: SampleRow[] = []

  constructor(dataset: FileDataset) {
    this.#dataset = dataset
    this.#shown = new Set(spreadIndices(dataset.size, SAMPLES))
  }

  /** Adds an image if it is one of them. */
  async add(image: EvaluatedImage): Promise<void> {
    if (!this.#shown.has(image.index)) return
    const row = await attempt('samples.png', () => sampleRow(image))
    if (row) this.#rows.push(row)
  }

  /** A PNG of the added images; undefined if it cannot be drawn. */
  async draw(step: number): Promise<Uint8Array | undefined> {
    const { classNames } = this.#dataset
    const headings = ['photo', 'truth', `prediction, step ${step}`] as const
    return attempt('samples.png', () => renderSamples(this.#rows, { classNames, headings }))
  }
}

async function attempt<T>(name: string, draw: () => Promise<T>): Promise<T | undefined> {
  try {
    return await draw()
  } catch (error) {
    console.error(`warning: ${name} could not be drawn: ${(error as Error).message}`)
    return undefined
  }
}
