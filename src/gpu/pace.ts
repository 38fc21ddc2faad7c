// When the next submit of a run may be sent, and how long each takes, by the host's clock.

import type { Gpu } from './gpu.ts'
import type { TimedSubmit } from './launch_times.ts'
import type { Piece } from './submits.ts'

/**
 * The submits that the GPU has at one time, in a run that may be cancelled: what is sent cannot be taken back. While the GPU
 * works on the second, the host hears of the first one's end and sends a third, so the GPU need not wait.
 */
const IN_FLIGHT = 2

/**
 * The most milliseconds of a submit in a run that may be cancelled, also where the GPU has no bound of its own: what is sent cannot be
 * taken back. On lavapipe this costs nothing that can be measured.
 */
const CANCELLABLE_MILLISECONDS = 100

/** The most milliseconds of a submit of a run with or without a signal. */
export const submitBudget = ({ submitMilliseconds }: Gpu, { signal }: { signal?: AbortSignal }): number =>
  signal ? Math.min(submitMilliseconds, CANCELLABLE_MILLISECONDS) : submitMilliseconds

/**
 * The submits of one run. A run that cannot be cancelled sends all at once: some browsers tell of the end of a submit up to a
 * tenth of a second late. Where submits are not bounded in time, nothing is measured or waited for.
 */
export class Pace {
  readonly #gpu: Gpu
  readonly #inFlight: number
  readonly #isTimed: boolean
  readonly #timed: Promise<TimedSubmit>[] = []
  #lastDone = 0

  constructor(gpu: Gpu, { cancellable }: { cancellable: boolean }) {
    this.#gpu = gpu
    this.#inFlight = cancellable ? IN_FLIGHT : Infinity
    this.#isTimed = cancellable || gpu.submitMilliseconds !== Infinity
  }

  /** Waits until another submit may be sent. Throws if the GPU fails. */
  async room(): Promise<void> {
    await this.#timed.at(-this.#inFlight)
  }

  /** Notes what was submitted just now. */
  submitted(pieces: Piece[]): void {
    if (!this.#isTimed) return
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
