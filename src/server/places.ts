// The queue's bound: how many photos the server takes before it has answered the earlier ones.

import { RequestError } from './request_error.ts'

/** The share of the newest request in the mean of the latencies. */
const NEWEST = 0.1

const LONGEST_RETRY = 60

export class Places {
  readonly total: number
  #taken = 0
  #meanSeconds = 1

  constructor(total: number) {
    this.total = total
  }

  /** Photos that are taken and not answered. */
  get taken(): number {
    return this.#taken
  }

  /** Throws a RequestError with the status 503 if there are not enough places. */
  check(photos: number): void {
    if (photos > this.total)
      throw new RequestError(`expected at most ${this.total} photos in a request, got ${photos}`, {
        status: 413,
      })
    if (this.#taken + photos > this.total)
      throw new RequestError(`the queue is full: ${this.#taken} of ${this.total} photos wait`, {
        ...{ status: 503, retryAfter: this.#retryAfter },
      })
  }

  /** Takes places, and returns the function that frees them. Throws as `check` does. */
  take(photos: number): () => void {
    this.check(photos)
    this.#taken += photos
    const since = performance.now()
    return () => {
      this.#taken -= photos
      const seconds = (performance.now() - since) / 1000
      this.#meanSeconds += NEWEST * (seconds - this.#meanSeconds)
    }
  }

  /** In the mean time of a request, all that wait now have been answered. */
  get #retryAfter(): number {
    return Math.min(LONGEST_RETRY, Math.max(1, Math.ceil(this.#meanSeconds)))
  }
}
