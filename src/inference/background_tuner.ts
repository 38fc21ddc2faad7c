// Tuning at first use: between calls, and for a few seconds in all.

/** Of measuring, over all sizes. */
const SECONDS = 10

export class BackgroundTuner {
  #left = SECONDS
  readonly #met = new Set<string>()
  #running: Promise<void> | undefined
  readonly #end = new AbortController()

  /**
   * Tunes by `work` in the background, for as long as there is time left, once for each `job`; not while it does so for another.
   */
  start(job: string, work: (limits: { seconds: number; signal: AbortSignal }) => Promise<unknown>): void {
    const { signal } = this.#end
    if (this.#running || this.#met.has(job) || this.#left <= 0 || signal.aborted) return
    this.#met.add(job)
    const begin = performance.now()
    this.#running = work({ seconds: this.#left, signal })
      // What is wrong with the GPU the next call will find out, and tell to someone who listens.
      .then(undefined, () => undefined)
      .then(() => {
        this.#left -= (performance.now() - begin) / 1000
        this.#running = undefined
      })
  }

  /** Ends what is under way, and all that would be. */
  async stop(): Promise<void> {
    this.#end.abort()
    await this.#running
  }
}
