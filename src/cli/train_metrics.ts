// The lines of metrics.jsonl.

import type { TrainingStep } from '../node/trainer.ts'

/** What evaluating a model found after a step. */
export interface Validation {
  step: number
  mIoU: number | null
  pixelAccuracy: number | null
  /** Of the dataset's classes; absent in runs of before. */
  classes?: number
  /** Names of those that the mean IoU leaves out, and of those that were only predicted: see Evaluation. */
  leftOut?: string[]
  onlyPredicted?: string[]
}

export type Metrics = TrainingStep | Validation

export const isValidation = (metrics: Metrics): metrics is Validation => 'mIoU' in metrics
export const isTrainingStep = (metrics: Metrics): metrics is TrainingStep => 'loss' in metrics

/** What the lines hold, less those that a crash cut short. */
export function parseMetrics(text: string): Metrics[] {
  return text.split('\n').flatMap(line => parse(line) ?? [])
}

function parse(line: string): Metrics | undefined {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
