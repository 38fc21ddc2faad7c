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
