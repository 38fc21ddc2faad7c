// Encodes pictures in a thread: that of a large photo takes a second, in which the server would answer nobody.

import type { Image } from '../data/image.ts'
import type { Colour } from '../data/palette.ts'
import type { CutoutLayers, CutoutOptionsOf } from '../library/cutout.ts'
import type { LabelledMask } from '../library/overlay.ts'
import { WorkerPool } from '../node/worker_pool.ts'

/** A job of the thread: a mask as a palette PNG, or over its photo, or a cut-out on its background. */
export type PictureJob =
  | { kind: 'mask'; labelled: LabelledMask }
  | { kind: 'overlay'; labelled: LabelledMask; image: Image }
  | { kind: 'cutout'; layers: CutoutLayers; options: PlainCutout }

/** A cut-out whose background is no other picture: a request cannot name one of the server's. */
export interface PlainCutout extends Pick<CutoutOptionsOf, 'classes' | 'format'> {
  background?: 'blur' | Colour
}

const WORKER = new URL(import.meta.url.replace(/picture_encoder(\.[jt]s)$/, 'picture_worker$1'))

type Pool = WorkerPool<PictureJob, Uint8Array>

export class PictureEncoder {
  /** Started by the first job: many servers answer with tensors alone. */
  #pool: Pool | undefined

  async encode(job: PictureJob): Promise<Uint8Array> {
    this.#pool ??= new WorkerPool(WORKER, 1)
    const pool = this.#pool
    try {
      return await pool.run(job)
    } catch (error) {
      if (this.#pool === pool) this.#pool = undefined // A pool that has lost its thread takes no more jobs.
      await pool.close()
      throw error
    }
  }

  async close(): Promise<void> {
    await this.#pool?.close()
  }
}
