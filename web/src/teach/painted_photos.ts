// The photos that were painted on, with their strokes, and the marks on their thumbnails.

import type { Image } from '../../../src/web/index.ts'
import type { PhotoStrip } from '../photos.ts'
import type { ShownPhoto } from '../session.ts'
import type { Painting } from './brush.ts'
import { Strokes } from './strokes.ts'

interface PaintedPhoto extends Painting {
  photo: ShownPhoto
}

const short = new Intl.NumberFormat('en', { notation: 'compact' })
const whole = new Intl.NumberFormat('en')

export class PaintedPhotos {
  readonly #strip: PhotoStrip
  /** By name, in the order in which they were first shown. */
  readonly #photos = new Map<string, PaintedPhoto>()

  constructor(strip: PhotoStrip) {
    this.#strip = strip
  }

  /** All with strokes, and those of `also`. */
  all(also: ReadonlySet<string> = new Set()): PaintedPhoto[] {
    return [...this.#photos.values()].filter(({ photo, strokes }) => !strokes.isEmpty || also.has(photo.name))
  }

  /** A photo's painting, which is a new one for a photo without strokes. Frees those of other photos without any, unless they are `kept`. */
  of(photo: ShownPhoto, kept: ReadonlySet<string>): PaintedPhoto {
    const found = this.#photos.get(photo.name)
    if (found) return found
    for (const [name, { strokes }] of this.#photos)
      if (strokes.isEmpty && !strokes.isUndoable && !kept.has(name)) this.#photos.delete(name)
    return this.put(photo, new Strokes(sizeOf(photo.image)))
  }

  put(photo: ShownPhoto, strokes: Strokes): PaintedPhoto {
    const painting = { photo, image: photo.image, strokes }
    this.#photos.set(photo.name, painting)
    this.mark(painting)
    return painting
  }

  /** Whether something is painted with a class. */
  has(id: number): boolean {
    return [...this.#photos.values()].some(({ strokes }) => strokes.labels.includes(id))
  }

  /** Writes on the photo's thumbnail how much is painted on it. */
  mark({ photo, strokes: { painted } }: PaintedPhoto): void {
    if (painted === 0) this.#strip.mark(photo.name, '', '')
    else this.#strip.mark(photo.name, `${short.format(painted)} px`, paintedText(painted))
  }

  renumber(newId: (old: number) => number): void {
    for (const painting of this.#photos.values()) {
      painting.strokes.renumber(newId)
      this.mark(painting)
    }
  }

  clear(): void {
    for (const name of this.#photos.keys()) this.#strip.mark(name, '', '')
    this.#photos.clear()
  }
}

export const paintedText = (pixels: number) => `${whole.format(pixels)} pixels painted`

/** Of the strokes on a photo. */
export const sizeOf = ({ originalWidth: width, originalHeight: height }: Image) => ({ width, height })
