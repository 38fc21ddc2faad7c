// The lines of metrics.jsonl.

import * as v from 'valibot'
import type { TrainingStep } from '../node/trainer.ts'

/** What evaluating a model found after a step. */
export interface Validation {
  step: number
  mIoU: number | null
  pixelAccuracy: number | null
}

export type Metrics = TrainingStep | Validation

export const isValidation = (metrics: Metrics): metrics is Validation => 'mIoU' in metrics
export const isTrainingStep = (metrics: Metrics): metrics is TrainingStep => 'loss' in metrics

/** What the lines hold, less those that a crash cut short. */
export function parseMetrics(text: string): Metrics[] {
  return text.split('\n').flatMap(line => parse(line) ?? [])
}

const number = v.pipe(v.number(), v.finite())
const share = v.nullable(number)
const LineSchema = v.union([
  v.object({ step: number, loss: number, learningRate: number, imagesPerSecond: number }),
  v.object({ step: number, mIoU: share, pixelAccuracy: share }),
])

function parse(line: string): Metrics | undefined {
  try {
    const found = v.safeParse(LineSchema, JSON.parse(line))
    return found.success ? found.output : undefined
  } catch {
    return undefined
  }
}
