// Hands submits to the GPU as fast as it works them off, and measures them by the host's clock.

import type { Gpu } from './gpu.ts'
import type { TimedSubmit } from './launch_times.ts'
import type { Piece } from './submits.ts'

/**
 * Submits that the GPU has at one time. It works on one while the host hears of the last one's end and sends the next, so it
 * need not wait. More would only have to be waited for when a run is cancelled.
 */
const IN_FLIGHT = 2

/** The submits of one run. Where submits are not bounded in time, it neither waits nor measures. */
export class Pace {
  readonly #gpu: Gpu
  readonly #timed: Promise<TimedSubmit>[] = []
  #lastDone = 0

  constructor(gpu: Gpu) {
    this.#gpu = gpu
  }

  /** Waits until the GPU may have another submit. Throws if the GPU fails. */
  async room(): Promise<void> {
    await this.#timed.at(-IN_FLIGHT)
  }

  /** Notes what was submitted just now. */
  submitted(pieces: Piece[]): void {
    if (this.#gpu.submitMilliseconds === Infinity) return
    const timed = this.#time(pieces)
    timed.catch(() => undefined) // `room` or the caller's next call throws the error.
    this.#timed.push(timed)
  }

  /** The submits with their times, when all are done. */
  times(): Promise<TimedSubmit[]> {
    return Promise.all(this.#timed)
  }

  async #time(pieces: Piece[]): Promise<TimedSubmit> {
    const submitted = performance.now()
    await this.#gpu.finish()
    const done = performance.now()
    const milliseconds = done - Math.max(submitted, this.#lastDone)
    this.#lastDone = done
    return { pieces, milliseconds }
  }
}
