// A limited supply, such as the pixels that may be in memory at one time.

interface Waiting {
  amount: number
  start(): void
}

/** Requests take a part, and wait in order while there is not enough. */
export class Budget {
  readonly total: number
  #left: number
  readonly #waiting: Waiting[] = []

  constructor(total: number) {
    this.total = total
    this.#left = total
  }

  /**
   * Takes an amount, and returns the function that gives it back, which does nothing the second time. Throws the signal's reason if the
   * signal is aborted meanwhile. An amount above the total would wait for ever: it throws a RangeError.
   */
  async take(amount: number, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted()
    if (amount > this.total) throw new RangeError(`expected at most ${this.total}, got ${amount}`)
    if (this.#waiting.length > 0 || amount > this.#left) await this.#wait(amount, signal)
    else this.#left -= amount
    let taken = amount
    return () => {
      this.#left += taken
      taken = 0
      this.#startNext()
    }
  }

  #wait(amount: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        amount,
        start: () => {
          signal.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      const onAbort = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
        reject(signal.reason)
        this.#startNext() // The next one may need less.
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#waiting.push(waiting)
    })
  }

  #startNext(): void {
    while (this.#waiting.length > 0 && this.#waiting[0].amount <= this.#left) {
      const next = this.#waiting.shift()!
      this.#left -= next.amount
      next.start()
    }
  }
}
