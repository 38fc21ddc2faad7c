// The lines of metrics.jsonl.

import * as v from 'valibot'
import type { TrainingStep } from '../../library/trainer_base.ts'

/** The result of validating a model after a step. */
export interface Validation {
  step: number
  mIoU: number | null
  pixelAccuracy: number | null
  /** The number of classes in the dataset; absent in older runs. */
  classes?: number
  /** Names of classes that the mean IoU leaves out, and of classes that were only predicted: see Evaluation. */
  leftOut?: string[]
  onlyPredicted?: string[]
}

export type Metrics = TrainingStep | Validation

export const isValidation = (metrics: Metrics): metrics is Validation => 'mIoU' in metrics
export const isTrainingStep = (metrics: Metrics): metrics is TrainingStep => 'loss' in metrics

const step = v.pipe(v.number(), v.safeInteger(), v.minValue(0))

/** Other fields of a line are kept. */
const METRICS = v.union([
  v.looseObject({ step, loss: v.number(), learningRate: v.number(), imagesPerSecond: v.number() }),
  v.looseObject({ step, mIoU: v.nullable(v.number()), pixelAccuracy: v.nullable(v.number()) }),
])

/** The contents of the lines, without lines that a crash cut short or that are of another kind. */
export function parseMetrics(text: string): Metrics[] {
  return text.split('\n').flatMap(line => parse(line) ?? [])
}

function parse(line: string): Metrics | undefined {
  try {
    const found = v.safeParse(METRICS, JSON.parse(line))
    return found.success ? found.output : undefined
  } catch {
    return undefined
  }
}
