// What a step learns from unlabelled photos: their strong views, with the labels that the network gave to the plain ones.

import { IGNORE_INDEX } from '../data/dataset.ts'
import { cutMix, type MixBox } from './cut_mix.ts'

/** Two views of each of some photos without labels. Both have the same crop. */
export interface UnlabelledBatch {
  /** RGBA, n · cropSize² · 4 bytes: the view that the network labels, and the one that it learns from. */
  images: Uint8Array
  strong: Uint8Array
  /** IGNORE_INDEX outside the photo, else 0: n · cropSize² bytes. */
  labels: Uint8Array
  /** The rectangle of each strong view that shows the next photo's. */
  boxes: readonly (MixBox | null)[]
}

/** The strong views with the labels that they are to teach. */
interface TaughtBatch {
  images: Uint8Array
  /** A class id, or IGNORE_INDEX where the network is unsure and outside the photo. */
  labels: Uint8Array
  /** The number of pixels inside the photos. */
  pixels: number
}

/** Mixes the strong views, and their labels alike. `sure`: of the plain views, a class id or IGNORE_INDEX for each pixel. */
export function taughtBatch(
  { strong, labels: outside, boxes }: UnlabelledBatch,
  sure: Uint8Array,
  cropSize: number,
): TaughtBatch {
  const [images, inside] = [strong.slice(), outside.slice()]
  const labels = sure.map((label, i) => (outside[i] === IGNORE_INDEX ? IGNORE_INDEX : label))
  cutMix(images, boxes, { cropSize, bytes: 4 })
  for (const map of [labels, inside]) cutMix(map, boxes, { cropSize, bytes: 1 })
  return { images, labels, pixels: countLabelled(inside) }
}

/** The number of pixels that have a label. */
export function countLabelled(labels: Uint8Array): number {
  let count = 0
  for (const label of labels) if (label !== IGNORE_INDEX) count++
  return count
}
