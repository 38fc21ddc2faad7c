// The options and the results of a lesson.

import type { DeepLabConfig } from '../model/config.ts'
import type { NetworkPart } from '../model/parts.ts'
import type { Preprocessing } from '../model/preprocessing.ts'

/** A model as a lesson takes and gives it: `modelFiles` writes it, and a Segmenter runs it. */
export interface LessonModel {
  config: DeepLabConfig
  classNames: string[]
  preprocessing: Preprocessing
  /** By name, in the checkpoint's layout. */
  parameters: Map<string, Float32Array>
}

export interface LessonOptions {
  /**
   * The part that learns: the last convolution alone, the head (ASPP and the last convolution), or the whole network. Batch norm always
   * keeps its running statistics. Default: head.
   */
  part?: NetworkPart
  /**
   * How much the pixels without a stroke count, from 0 up; all strokes of a photo count 1. These pixels hold the network to what it said
   * about them before the lesson, so that it does not forget its classes. A class that is new on the photo may take pixels from every
   * old one. 0: only the strokes count. Default: 4; behind a decoder 3 for the classifier, and 3.5 for the head.
   */
  rehearsal?: number
}

export interface LessonTraining {
  /** The number of updates. Each is from one photo; the photos with strokes take turns. */
  steps: number
  /** Of the first step; it falls to 0 over the steps. Default: by what learns. */
  learningRate?: number
  /** Ends the loop: it throws the signal's reason, and what was learned stays. */
  signal?: AbortSignal
}

export interface LessonStep {
  /** Counted from 1. */
  step: number
  /** The mean of the photos' last losses, each before an update. */
  loss: number
}
