// In which order images are trained on.

import { randomOrder, randomSource } from './random.ts'

/** Which images to draw: all of them once an epoch, in an order that a seed and the epoch decide. */
export class Sampler {
  readonly #indices: readonly number[]
  readonly #seed: number
  #shuffled: { epoch: number; order: Uint32Array } | undefined

  /** `indices` of images; one that occurs twice is drawn twice an epoch. */
  constructor(indices: readonly number[], seed: number) {
    if (indices.length === 0) throw new RangeError('Sampler: expected at least one index')
    this.#indices = indices
    this.#seed = seed
  }

  /** Draws in an epoch. */
  get length(): number {
    return this.#indices.length
  }

  /**
   * The index of the image to draw as number `position`, counted from 0 through all epochs: that number is all there is to save.
   * Quickest where positions ascend.
   */
  at(position: number): number {
    const epoch = Math.floor(position / this.length)
    if (this.#shuffled?.epoch !== epoch) {
      const order = randomOrder(randomSource(this.#seed, 'shuffle', epoch), this.length)
      this.#shuffled = { epoch, order }
    }
    return this.#indices[this.#shuffled.order[position % this.length]]
  }
}

/** The classes that the paper found hard on PASCAL VOC, by their names there. */
export const HARD_CLASSES = ['bicycle', 'chair', 'diningtable', 'pottedplant', 'sofa'] as const

/**
 * Indices for a Sampler in which the images that hold hard classes occur twice: bootstrapping (section 4 of DeepLabv3).
 * `pixels` has each image's pixels of each class, `hard` the ids of the hard classes, `drawn` the images to draw (default: all).
 */
export function bootstrap(
  pixels: readonly (readonly number[])[],
  hard: readonly number[],
  drawn: readonly number[] = [...pixels.keys()],
): number[] {
  return drawn.flatMap(index => (hard.some(id => pixels[index][id] > 0) ? [index, index] : [index]))
}
