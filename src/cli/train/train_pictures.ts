// What a training run draws while it runs. No picture is worth a run: where one cannot be drawn, that is a warning.

import type { FileDataset } from '../../node/datasets/file_dataset.ts'
import { renderSamples, type SampleRow, sampleRow, spreadIndices } from '../../node/training/samples.ts'
import type { Trainer } from '../../node/training/trainer.ts'
import type { EvaluatedImage } from '../../train/evaluate.ts'
import { isTrainingStep, isValidation, type Metrics } from './train_metrics.ts'

/** Photos in samples.png. */
const SAMPLES = 4

/** An SVG of the run so far; undefined where it could not be drawn. */
export function runCurves(
  name: string,
  { model, recipe, dataset }: Trainer,
  metrics: readonly Metrics[],
): Promise<string | undefined> {
  const { batchSize, cropSize, outputStride } = recipe
  return attempt('curves.svg', async () => {
    // Imported only here: no other command is to wait for a plotting library.
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

/** Draws how a model does on a few of a dataset's images, always the same ones. */
export class RunSamples {
  readonly #dataset: FileDataset
  readonly #shown: Set<number>
  readonly #rows: SampleRow[] = []

  constructor(dataset: FileDataset) {
    this.#dataset = dataset
    this.#shown = new Set(spreadIndices(dataset.size, SAMPLES))
  }

  /** Takes an image in where it is one of them. */
  async add(image: EvaluatedImage): Promise<void> {
    if (!this.#shown.has(image.index)) return
    const row = await attempt('samples.png', () => sampleRow(image))
    if (row) this.#rows.push(row)
  }

  /** A PNG of those taken in; undefined where it could not be drawn. */
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
