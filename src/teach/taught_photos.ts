// The photos of a lesson, by name, with their strokes.

import { IGNORE_INDEX } from '../data/dataset.ts'
import { UserError } from '../errors.ts'
import { printable } from '../printable.ts'
import { checkLabels, padLabels } from '../train/micro_batches.ts'
import type { LessonNetwork } from './lesson_graphs.ts'
import type { KeptPhoto } from './photo_keeper.ts'
import { distillationTargets, strokeWeights } from './rehearsal.ts'
import { hasStrokes, type LabelSize, resizeStrokes } from './strokes.ts'

interface TaughtPhoto {
  kept: KeptPhoto
  /** Labels at `labelSize`. */
  strokes: Uint8Array
  /** Labels at the size of the logits. */
  coarse: Uint8Array
  /** As `inputsOf` made them. */
  inputs?: StepInputs
  /** The last in the training under way. */
  loss?: number
}

/** The inputs of a step besides what is kept of the photo: see `stepGraph`. */
export interface StepInputs {
  /** Padded to whole words. */
  labels: Uint8Array
  classWeights: Float32Array
  targets?: Float32Array
  newClasses?: Float32Array
}

export class TaughtPhotos {
  readonly #photos = new Map<string, TaughtPhoto>()

  /** The maps that are kept of each photo. */
  get kept(): KeptPhoto[] {
    return [...this.#photos.values()].map(({ kept }) => kept)
  }

  /** Adds a photo without strokes. Returns what was kept of the photo that had the name before. */
  set(name: string, kept: KeptPhoto): KeptPhoto | undefined {
    const before = this.#photos.get(name)
    this.#photos.set(name, {
      kept,
      strokes: Uint8Array.of(IGNORE_INDEX),
      coarse: Uint8Array.of(IGNORE_INDEX),
    })
    return before?.kept
  }

  /** Throws a UserError if there is no photo of this name. */
  get(name: string): TaughtPhoto {
    const photo = this.#photos.get(name)
    if (!photo) throw new UserError(`there is no photo "${printable(name)}" in this lesson`)
    return photo
  }

  /** Returns what was kept of the photo. Throws as `get` does. */
  delete(name: string): KeptPhoto {
    const { kept } = this.get(name)
    this.#photos.delete(name)
    return kept
  }

  /** Takes labels at the photo's size to the size of the loss. Throws a UserError for another size or class. */
  paint(name: string, labels: Uint8Array, { classes, size }: { classes: number; size: LabelSize }): void {
    const photo = this.get(name)
    const { originalWidth: width, originalHeight: height } = photo.kept.photo
    if (labels.length !== width * height)
      throw new UserError(
        `the labels of ${printable(name)}: expected ${width}×${height} pixels, got ${labels.length} bytes`,
      )
    checkLabels(labels, classes)
    photo.inputs = undefined
    photo.strokes = resizeStrokes(labels, { width, height }, size)
    photo.coarse = resizeStrokes(labels, { width, height }, photo.kept.said)
  }

  /** The photos from which there is something to learn. Throws a UserError if there are none. */
  withStrokes(): TaughtPhoto[] {
    const taught = [...this.#photos.values()].filter(({ strokes }) => hasStrokes(strokes))
    if (taught.length === 0) throw new UserError('there is nothing to learn: paint a stroke first')
    return taught
  }

  /** Made once for the strokes and classes that there are. */
  inputsOf(photo: TaughtPhoto, { config: { classes }, rehearsal }: LessonNetwork): StepInputs {
    const { kept, strokes, coarse } = photo
    photo.inputs ??= {
      labels: padLabels(strokes, 1),
      classWeights: strokeWeights(strokes, classes),
      ...(rehearsal?.rehearsal && distillationTargets(kept.said, { ...rehearsal, strokes: coarse, classes })),
    }
    return photo.inputs
  }

  forgetLosses(): void {
    for (const photo of this.#photos.values()) photo.loss = undefined
  }

  /** Gives new ids to the classes of strokes, and to those from before the lesson. */
  renumber(newId: (old: number) => number): void {
    for (const photo of this.#photos.values()) {
      photo.inputs = undefined
      photo.strokes = photo.strokes.map(newId)
      photo.coarse = photo.coarse.map(newId)
      photo.kept.said.ids = photo.kept.said.ids.map(newId)
    }
  }
}
