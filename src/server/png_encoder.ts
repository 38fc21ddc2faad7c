// Encodes PNGs in a thread: that of a large photo takes a second, in which the server would answer nobody.

import type { Image } from '../data/image.ts'
import type { LabelledMask } from '../library/overlay.ts'
import { WorkerPool } from '../node/worker_pool.ts'

/** A job of the thread: a mask as a palette PNG, or over its photo. */
export type PngJob =
  | { kind: 'mask'; labelled: LabelledMask }
  | { kind: 'overlay'; labelled: LabelledMask; image: Image }

const WORKER = new URL(import.meta.url.replace(/png_encoder(\.[jt]s)$/, 'png_worker$1'))

type Pool = WorkerPool<PngJob, Uint8Array>

export class PngEncoder {
  /** Started by the first job: many servers answer with tensors alone. */
  #pool: Pool | undefined

  async encode(job: PngJob): Promise<Uint8Array> {
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
