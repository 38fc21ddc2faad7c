// Tuning at first use. It runs between calls, for a few seconds in all.

/** The time for measuring, over all sizes. */
const SECONDS = 10

export class BackgroundTuner {
  #left = SECONDS
  readonly #met = new Set<string>()
  #running: Promise<void> | undefined
  readonly #end = new AbortController()

  /** Tunes by `work` in the background: once for each `job`, one job at a time, and only while there is time left. */
  start(job: string, work: (limits: { seconds: number; signal: AbortSignal }) => Promise<unknown>): void {
    const { signal } = this.#end
    if (this.#running || this.#met.has(job) || this.#left <= 0 || signal.aborted) return
    this.#met.add(job)
    const begin = performance.now()
    this.#running = work({ seconds: this.#left, signal })
      // If the GPU has failed, the next call reports it to its caller.
      .then(undefined, () => undefined)
      .then(() => {
        this.#left -= (performance.now() - begin) / 1000
        this.#running = undefined
      })
  }

  /** Ends the tuning under way, and starts none from now on. */
  async stop(): Promise<void> {
    this.#end.abort()
    await this.#running
  }
}
