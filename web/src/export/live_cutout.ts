// The cut-out of the camera's frames.

import type { Gpu } from '../../../src/gpu/gpu.ts'
import { FrameCutout, type FrameCutoutOptions } from '../../../src/web/index.ts'
import type { Picture } from '../stage/stage.ts'

interface Present {
  cutout: FrameCutout
  /** The options that it was made for. */
  key: string
}

export class LiveCutout {
  #present: Present | undefined
  /** Those whose picture may still be shown. */
  readonly #before: FrameCutout[] = []

  /** The frame as it is to be shown. Without options, as it is. */
  async apply(gpu: Gpu, frame: Picture, options: FrameCutoutOptions | undefined): Promise<Picture> {
    this.#destroyBefore()
    if (!options) {
      this.#retire()
      return frame
    }
    const key = keyOf(options)
    if (this.#present?.key !== key || !this.#present.cutout.fits(gpu, frame)) {
      this.#retire()
      this.#present = { key, cutout: await FrameCutout.create(gpu, frame, options) }
    }
    const { cutout } = this.#present
    return { photo: await cutout.apply(frame), map: frame.map, isPlain: true }
  }

  /** Frees what no frame needs any more. */
  free(): void {
    this.#retire()
    this.#destroyBefore()
  }

  #destroyBefore(): void {
    for (const before of this.#before.splice(0)) before.destroy()
  }

  #retire(): void {
    if (this.#present) this.#before.push(this.#present.cutout)
    this.#present = undefined
  }
}

/** Differs where options differ. */
function keyOf({ ids, background }: FrameCutoutOptions): string {
  const isPicture = typeof background === 'object' && 'picture' in background
  if (!isPicture) return JSON.stringify([ids, background])
  const { name, size, lastModified } = background.picture as File
  return JSON.stringify([ids, name, size, lastModified])
}
