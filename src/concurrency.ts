// Work that waits for other work: a semaphore, a mutex, a wait group, and a wait that a signal ends.

interface Waiting {
  amount: number
  start(): void
}

/** A limited supply, such as the pixels that may be in memory at one time. Who takes a part waits in line while there is not enough. */
export class Semaphore {
  readonly total: number
  #left: number
  readonly #waiting: Waiting[] = []

  constructor(total: number) {
    this.total = total
    this.#left = total
  }

  get taken(): number {
    return this.total - this.#left
  }

  /**
   * Takes an amount, and returns the function that gives it back, which does nothing the second time. Throws the signal's reason if the
   * signal is aborted meanwhile. An amount above the total would wait for ever: it throws a RangeError.
   */
  async take(amount: number, signal?: AbortSignal): Promise<() => void> {
    signal?.throwIfAborted()
    if (amount > this.total) throw new RangeError(`expected at most ${this.total}, got ${amount}`)
    const free = this.tryTake(amount)
    if (free) return free
    await this.#wait(amount, signal)
    return this.#giveBack(amount)
  }

  /** Takes an amount as `take` does; undefined if that would have to wait. */
  tryTake(amount: number): (() => void) | undefined {
    if (this.#waiting.length > 0 || amount > this.#left) return undefined
    this.#left -= amount
    return this.#giveBack(amount)
  }

  #giveBack(amount: number): () => void {
    let taken = amount
    return () => {
      this.#left += taken
      taken = 0
      this.#startNext()
    }
  }

  #wait(amount: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        amount,
        start: () => {
          signal?.removeEventListener('abort', onAbort)
          resolve()
        },
      }
      const onAbort = () => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1)
        reject(signal!.reason)
        this.#startNext() // The next one may need less.
      }
      signal?.addEventListener('abort', onAbort, { once: true })
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

/** Work that runs one piece at a time, in the order of the calls. */
export class Mutex {
  #last: Promise<unknown> = Promise.resolve()

  /** Runs the work after all work before it, also where that has failed. */
  run<T>(work: () => T | Promise<T>): Promise<T> {
    const result = this.#last.then(work)
    this.#last = result.catch(() => undefined)
    return result
  }
}

/** Counts what is under way, so that something can wait for its end. */
export class WaitGroup {
  #count = 0
  #waiting: (() => void)[] = []

  /** Counts one more, until the returned function is called. */
  enter(): () => void {
    this.#count++
    return () => {
      if (--this.#count > 0) return
      for (const resolve of this.#waiting.splice(0)) resolve()
    }
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#count > 0) await new Promise<void>(resolve => this.#waiting.push(resolve))
  }
}

/**
 * The result of the work. Rejects with the signal's reason once the signal is aborted, even if the work does not heed the signal. The
 * listener is removed when the work ends: else a signal would keep one for each piece of work.
 */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort))
  })
}
