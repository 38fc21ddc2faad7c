/** Counts what is under way, so that something can wait for its end. */
export class Tally {
  #count = 0
  #onIdle = () => {}

  /** Counts one more, until the returned function is called. */
  enter(): () => void {
    this.#count++
    return () => {
      if (--this.#count === 0) this.#onIdle()
    }
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#count > 0)
      await new Promise<void>(resolve => {
        this.#onIdle = resolve
      })
  }
}
