// What a network forgets while a lesson teaches it one more class by strokes on three photos: a class that it has not been trained on, or one
// that is taken from it. The strokes are drawn from the photos' labels. Other photos score what the network knows afterwards.

import { IGNORE_INDEX, type LabelledImage, labelWithout } from '../src/data/dataset.ts'
import type { Gpu } from '../src/gpu/gpu.ts'
import { Segmenter } from '../src/inference/segmenter.ts'
import { withoutClass } from '../src/model/classifier.ts'
import type { NetworkPart } from '../src/model/parts.ts'
import { Lesson } from '../src/teach/lesson.ts'
import type { LessonModel } from '../src/teach/lesson_options.ts'
import { ConfusionMatrix } from '../src/train/confusion.ts'

export interface ForgettingTask {
  /** Trained without the class, or on all classes: then its features have seen the class that is taught again. */
  model: LessonModel
  /** The class that is taught, and its id in the labels of photos and test. */
  className: string
  id: number
  photos: LabelledImage[]
  test: LabelledImage[]
}

export interface Forgetting {
  /** IoU of the class that was taught. */
  taught: number
  /** The mean IoU of the other classes before and after, on the pixels of other classes. */
  before: number
  after: number
}

interface Options {
  part: NetworkPart
  steps: number
  rehearsal?: number
  learningRate?: number
}

/** Half the width of a stroke, and its greatest length, in pixels. */
const RADIUS = 3
const LONGEST = 120

export async function forgetting(
  gpu: Gpu,
  { model, className, id, photos, test }: ForgettingTask,
  { part, rehearsal, ...training }: Options,
): Promise<Forgetting> {
  const start = model.classNames.includes(className) ? withoutClass(model, id) : model
  const last = start.classNames.length
  const newId = (label: number) => (label === id ? last : labelWithout(label, id))
  const renumbered = (labelled: LabelledImage) => ({ ...labelled, mask: labelled.mask.map(newId) })
  const lesson = await Lesson.create(gpu, start, { part, rehearsal })
  try {
    await lesson.addClass(className)
    for (const photo of photos.map(renumbered)) {
      await lesson.setPhoto(photo.id, photo.image)
      await lesson.setLabels(photo.id, strokesOn(photo, last))
    }
    for await (const _ of lesson.train(training));
    const scored = test.map(renumbered)
    const { old: before } = await score(gpu, start, scored)
    const { old: after, taught } = await score(gpu, await lesson.model(), scored)
    return { taught, before, after }
  } finally {
    await lesson.dispose()
  }
}

/** Scores classes up to `taught`, the last one that the labels have. */
async function score(gpu: Gpu, model: LessonModel, test: LabelledImage[]) {
  const classes =
    Math.max(...test.map(({ mask }) => Math.max(...new Set(mask.filter(id => id !== IGNORE_INDEX))))) + 1
  const [all, others] = [new ConfusionMatrix(classes), new ConfusionMatrix(classes)]
  const segmenter = new Segmenter(gpu, model)
  for (const { image, mask } of test) {
    const [found] = await segmenter.segment([image])
    all.add(mask, found.mask)
    others.add(
      mask.map(id => (id === classes - 1 ? IGNORE_INDEX : id)),
      found.mask,
    )
  }
  await segmenter.dispose()
  const old = others.scores().iou.slice(0, -1).map(Number)
  return { old: old.reduce((a, b) => a + b) / old.length, taught: Number(all.scores().iou[classes - 1]) }
}

/** A horizontal stroke on the class that is taught, and on the two others that have most pixels. */
function strokesOn({ mask, width, height }: LabelledImage, taught: number): Uint8Array {
  const pixels = new Uint32Array(IGNORE_INDEX)
  for (const id of mask) if (id !== IGNORE_INDEX) pixels[id]++
  const largest = [...pixels.keys()].filter(id => id !== taught).sort((a, b) => pixels[b] - pixels[a])
  const labels = new Uint8Array(mask.length).fill(IGNORE_INDEX)
  for (const id of [taught, ...largest.slice(0, 2)]) {
    const { y, first, end } = longestRun(mask, { width, height, id })
    const middle = (first + end) / 2
    const [from, to] = [Math.max(first, middle - LONGEST / 2), Math.min(end, middle + LONGEST / 2)]
    for (let row = y - RADIUS; row <= y + RADIUS; row++)
      labels.fill(id, row * width + Math.ceil(from), row * width + Math.floor(to))
  }
  return labels
}

/** The longest run of pixels of a class with as many rows of the class above and below as a stroke has. */
function longestRun(mask: Uint8Array, { width, height, id }: { width: number; height: number; id: number }) {
  let best = { y: RADIUS, first: 0, end: 0 }
  for (let y = RADIUS; y < height - RADIUS; y++) {
    let first = 0
    for (let x = 0; x < width; x++) {
      let isInside = true
      for (let row = y - RADIUS; row <= y + RADIUS; row++) isInside &&= mask[row * width + x] === id
      if (!isInside) first = x + 1
      else if (x + 1 - first > best.end - best.first) best = { y, first, end: x + 1 }
    }
  }
  return best
}
