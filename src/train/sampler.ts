// The order of the images in training.

import { randomOrder, randomSource } from './random.ts'

/** Draws all images once in an epoch, in an order that depends on a seed and the epoch. */
export class Sampler {
  readonly #indices: readonly number[]
  readonly #seed: number
  readonly #stream: number
  #shuffled: { epoch: number; order: Uint32Array } | undefined

  /** `indices` of images. An index that occurs twice is drawn twice in an epoch. Samplers of other streams draw other orders. */
  constructor(indices: readonly number[], seed: number, stream = 0) {
    if (indices.length === 0) throw new RangeError('Sampler: expected at least one index')
    this.#indices = indices
    this.#seed = seed
    this.#stream = stream
  }

  /** The number of draws in an epoch. */
  get length(): number {
    return this.#indices.length
  }

  /**
   * The index of the image at `position`, which counts from 0 through all epochs. The position is the only state to save.
   * Ascending positions are fastest.
   */
  at(position: number): number {
    const epoch = Math.floor(position / this.length)
    if (this.#shuffled?.epoch !== epoch) {
      const order = randomOrder(randomSource(this.#seed, 'shuffle', epoch, this.#stream), this.length)
      this.#shuffled = { epoch, order }
    }
    return this.#indices[this.#shuffled.order[position % this.length]]
  }
}

/** The classes of PASCAL VOC that the paper found hard. */
export const HARD_CLASSES = ['bicycle', 'chair', 'diningtable', 'pottedplant', 'sofa'] as const

/**
 * Indices for a Sampler in which images with hard classes occur twice: bootstrapping (section 4 of DeepLabv3). `pixels` has each
 * image's number of pixels of each class, `hard` the ids of the hard classes, and `drawn` the images to draw (default: all).
 */
export function bootstrap(
  pixels: readonly (readonly number[])[],
  hard: readonly number[],
  drawn: readonly number[] = [...pixels.keys()],
): number[] {
  return drawn.flatMap(index => (hard.some(id => pixels[index][id] > 0) ? [index, index] : [index]))
}
