// Work that always does the present state: calls while it is under way become one more piece of work, after it.

export class Latest {
  readonly #work: () => Promise<void>
  #running: Promise<void> | undefined
  #isAgain = false

  constructor(work: () => Promise<void>) {
    this.#work = work
  }

  /** Resolves when the state at this call, or a later one, is done. */
  run(): Promise<void> {
    if (this.#running) this.#isAgain = true
    this.#running ??= this.#run()
    return this.#running
  }

  async #run(): Promise<void> {
    try {
      do {
        this.#isAgain = false
        await this.#work()
      } while (this.#isAgain)
    } finally {
      this.#running = undefined
    }
  }
}
