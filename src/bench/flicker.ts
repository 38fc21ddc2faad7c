// Flicker of the masks of a video: still pixels whose class changes.

import type { Image } from '../data/image.ts'

/** A frame with its mask, which has the photo's size. */
interface MaskedFrame {
  image: Pick<Image, 'data'>
  mask: Uint8Array
}

/** A pixel is still if its grey, of 255, changes by less from one frame to the next: above the noise of a camera, below most edges. */
const STILL = 16

/**
 * The share of the still pixels whose class changes from one frame to the next, from 0 to 1. Undefined if no pixel is still, as between
 * two scenes. The frames have one size.
 */
function flickerBetween(before: MaskedFrame, now: MaskedFrame): number | undefined {
  let still = 0
  let changed = 0
  for (let pixel = 0; pixel < now.mask.length; pixel++) {
    if (Math.abs(greyAt(now.image.data, pixel) - greyAt(before.image.data, pixel)) >= STILL) continue
    still++
    if (now.mask[pixel] !== before.mask[pixel]) changed++
  }
  return still === 0 ? undefined : changed / still
}

/** The luma of a pixel, 0 to 255, by the weights of BT.601 in 256ths. */
const greyAt = (rgba: Uint8Array, pixel: number): number =>
  (77 * rgba[pixel * 4] + 150 * rgba[pixel * 4 + 1] + 29 * rgba[pixel * 4 + 2]) / 256

/** The mean flicker of a video, frame by frame. */
export class Flicker {
  #before: MaskedFrame | undefined
  #sum = 0
  #pairs = 0

  /** The next frame; its pixels must stay as they are until the one after it. Frames of another size begin anew. */
  add(frame: MaskedFrame): void {
    const before = this.#before
    this.#before = frame
    if (before?.mask.length !== frame.mask.length) return
    const flicker = flickerBetween(before, frame)
    if (flicker === undefined) return
    this.#sum += flicker
    this.#pairs++
  }

  /** The mean over all pairs of consecutive frames; undefined before the second frame. */
  get mean(): number | undefined {
    return this.#pairs === 0 ? undefined : this.#sum / this.#pairs
  }
}
