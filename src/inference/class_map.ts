// The results of a run: a class for each pixel, and on request a number for each class at each pixel.

import { UserError } from '../errors.ts'
import type { Plan } from '../graph/plan/plan.ts'
import type { TensorData } from '../graph/runtime/executor.ts'
import { hasLogits, type InferenceJob } from './inference_graph.ts'
import type { OutputOptions } from './inference_options.ts'
import { checkScoreBytes, type ScoreMap } from './score_map.ts'

/** The result for one photo. */
export interface ClassMap {
  /** Class ids, row by row from the top: height · width bytes. */
  mask: Uint8Array
  width: number
  height: number
  /** Probabilities or logits, if asked for. */
  scores?: ScoreMap
}

/** Throws a UserError if a job with several views is to give logits, or if its scores are too large. */
export function checkScores(
  job: InferenceJob,
  { output, at, classes }: Required<OutputOptions> & { classes: number },
): void {
  if (output === 'logits' && !hasLogits(job))
    throw new UserError('output logits: several scales or flip have a mean of probabilities, and no logits')
  const { originalWidth: width, originalHeight: height } = job.photo
  if (at === 'photo') checkScoreBytes({ width, height, classes })
}

/** The class map of each photo of a run. */
export function masksOf({ graph: { outputs } }: Plan, found: TensorData): ClassMap[] {
  const [n, height, width] = outputs[0].shape
  const masks = found[outputs[0].name] as Uint8Array
  const stride = masks.length / n
  return Array.from({ length: n }, (_, i) => ({
    mask: masks.slice(i * stride, i * stride + width * height),
    width,
    height,
  }))
}

/** The scores of each photo of a run, at the size that `inferenceGraph` gives them. */
export function scoresOf({ graph: { outputs } }: Plan, found: TensorData): ScoreMap[] {
  const [n, height, width, classes] = outputs[1].shape
  const all = found[outputs[1].name] as Float32Array
  const stride = all.length / n
  return Array.from({ length: n }, (_, i) => ({
    data: new Float32Array(all.subarray(i * stride, (i + 1) * stride)),
    width,
    height,
    classes,
  }))
}
