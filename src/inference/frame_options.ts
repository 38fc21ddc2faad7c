// The options of calls that segment the frames of a video in their order.

import * as v from 'valibot'
import { type Declared, type DeclaredOptions, namesOf, SIGNAL } from '../options.ts'
import type { FrameMean } from './frame_mean.ts'
import {
  INFERENCE_OPTIONS,
  type InferenceOptions,
  OUTPUT_OPTIONS,
  type OutputOptions,
} from './inference_options.ts'

export interface FrameOptions extends InferenceOptions, Pick<OutputOptions, 'at'> {
  /**
   * Calms the masks: the network's logits are averaged with those of earlier frames, which have this share in the mean, from 0 to below 1; true means
   * 0.5. With several scales, probabilities are averaged. A new scene, which is a large change of the picture, begins a new mean. Default false.
   */
  smoothing?: number | boolean
  /** Ends the work after the frame under way. */
  signal?: AbortSignal
}

/** What `true` means: see bench/NOTES.md. */
export const DEFAULT_SMOOTHING = 0.5

/** @internal */
export const SMOOTHING: Declared<number | boolean> = {
  schema: v.custom(
    value => typeof value === 'boolean' || (Number(value) === value && value >= 0 && value < 1),
  ),
  expected: 'true, false or a number from 0 to below 1',
}

/** @internal The segmenter checks the values that the network takes. */
export const FRAME_OPTIONS: DeclaredOptions<FrameOptions> = {
  ...namesOf(INFERENCE_OPTIONS),
  at: OUTPUT_OPTIONS.at,
  smoothing: SMOOTHING,
  signal: SIGNAL,
}

/** The mean for the frames of a call, which the caller releases; undefined if each frame stands for itself. */
export async function meanFor({ smoothing = false }: FrameOptions): Promise<FrameMean | undefined> {
  const share = smoothing === true ? DEFAULT_SMOOTHING : Number(smoothing)
  if (share === 0) return undefined
  const { FrameMean } = await import('./frame_mean.ts') // few programs need it
  return new FrameMean(share)
}
