// What was found in a photo.

import { type ClassShare, isBackground } from '../data/class_share.ts'
import type { Image } from '../data/image.ts'
import { vocColour, vocPalette } from '../data/palette.ts'
import { writeFileAtomic } from './atomic.ts'
import { writeMaskPng } from './mask_png.ts'
import { renderOverlay } from './overlay.ts'

export class Segmentation {
  /** Class ids, row by row from the top: height · width, the photo's own size. */
  readonly mask: Uint8Array
  readonly width: number
  readonly height: number
  /** The classes that occur, the largest first. */
  readonly classes: ClassShare[]
  readonly #image: Image

  constructor(image: Image, mask: Uint8Array, classNames: readonly string[]) {
    this.#image = image
    this.mask = mask
    this.width = image.originalWidth
    this.height = image.originalHeight
    this.classes = sharesOf(mask, classNames)
  }

  /** Writes `prefix`.mask.png (a palette PNG of class ids) and `prefix`.overlay.png; returns their paths. */
  async save(prefix: string): Promise<{ mask: string; overlay: string }> {
    const files = { mask: `${prefix}.mask.png`, overlay: `${prefix}.overlay.png` }
    await writeMaskPng(files.mask, this, vocPalette)
    await writeFileAtomic(files.overlay, await this.overlay())
    return files
  }

  /** A PNG of the photo in the colours of its classes, with a legend. */
  overlay(): Promise<Uint8Array> {
    return renderOverlay(this.#image, this)
  }

  /** The largest class that is not background, if any. */
  get subject(): ClassShare | undefined {
    return this.classes.find(found => !isBackground(found))
  }
}

function sharesOf(mask: Uint8Array, classNames: readonly string[]): ClassShare[] {
  const counts = new Uint32Array(256)
  for (const id of mask) counts[id]++
  return classNames
    .map((name, id) => ({ id, name, colour: vocColour(id), share: counts[id] / mask.length }))
    .filter(({ share }) => share > 0)
    .sort((a, b) => b.share - a.share)
}
