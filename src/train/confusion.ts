import { IGNORE_INDEX } from '../data/dataset.ts'

/** Measures of the agreement between predictions and labels. */
export interface Scores {
  /**
   * The mean over the classes of the intersection over union, which counts the pixels of the whole set together, as in PASCAL
   * VOC. Null if nothing was scored.
   */
  mIoU: number | null
  /**
   * By class: true positives / (true positives + false positives + false negatives). Null for a class in neither labels nor
   * predictions; the mean leaves it out. (VOC's own code divides 0 by 0 there, but each of its classes occurs.) A class that
   * is only predicted has 0 and counts: its false positives are the model's mistakes. Cityscapes and torchvision do the same.
   */
  iou: (number | null)[]
  /** The share of the labelled pixels whose prediction is right; null if there are no labelled pixels. */
  pixelAccuracy: number | null
}

/** Counts how often each class was predicted for each class. */
export class ConfusionMatrix {
  readonly classes: number
  /** The number of pixels at index label · classes + prediction. */
  readonly counts: Float64Array

  constructor(classes: number) {
    this.classes = classes
    this.counts = new Float64Array(classes * classes)
  }

  /**
   * Counts an image's pixels, except those with the label IGNORE_INDEX. Throws a RangeError and counts nothing if the two arrays
   * differ in length or contain an id that is not a class.
   */
  add(truth: Uint8Array, prediction: Uint8Array): void {
    const { classes, counts } = this
    if (truth.length !== prediction.length)
      throw new RangeError(`expected ${truth.length} predicted pixels, got ${prediction.length}`)
    const pairs = new Uint32Array(2 ** 16)
    for (let i = 0; i < truth.length; i++) pairs[(truth[i] << 8) | prediction[i]]++
    pairs.fill(0, IGNORE_INDEX << 8)
    const odd = pairs.findIndex((count, pair) => count > 0 && Math.max(pair >> 8, pair & 255) >= classes)
    if (odd >= 0)
      throw new RangeError(
        `the ${odd >> 8 >= classes ? 'labels hold' : 'prediction holds'} class ${Math.max(odd >> 8, odd & 255)}, but there are ${classes} classes`,
      )
    for (let t = 0; t < classes; t++)
      for (let p = 0; p < classes; p++) counts[t * classes + p] += pairs[(t << 8) | p]
  }

  scores(): Scores {
    const ids = Array.from({ length: this.classes }, (_, id) => id)
    const iou = ids.map(id => this.#iou(id))
    const scored = iou.filter(value => value !== null)
    const labelled = this.counts.reduce((a, b) => a + b, 0)
    const right = ids.reduce((sum, id) => sum + this.#count(id, id), 0)
    return {
      mIoU: ratio(
        scored.reduce((a, b) => a + b, 0),
        scored.length,
      ),
      iou,
      pixelAccuracy: ratio(right, labelled),
    }
  }

  #iou(id: number): number | null {
    const both = this.#count(id, id)
    let either = -both
    for (let other = 0; other < this.classes; other++)
      either += this.#count(id, other) + this.#count(other, id)
    return ratio(both, either)
  }

  #count(truth: number, prediction: number): number {
    return this.counts[truth * this.classes + prediction]
  }
}

const ratio = (part: number, whole: number) => (whole === 0 ? null : part / whole)
