export interface Deadline {
  signal: AbortSignal
  /** So many more bytes came. */
  received(bytes: number): void
  stop(): void
}

/** Time for what transfers bytes: `totalMs` milliseconds, and one second more for every `bytesPerSecond` bytes that came. */
export interface TimeLimit {
  totalMs: number
  bytesPerSecond: number
}

/** Its signal aborts, with the reason of `onEnd`, when the time is over. */
export function startDeadline({ totalMs, bytesPerSecond }: TimeLimit, reason: () => Error): Deadline {
  const controller = new AbortController()
  const begin = performance.now()
  let bytes = 0
  let timer: NodeJS.Timeout
  const check = () => {
    const left = begin + totalMs + (1000 * bytes) / bytesPerSecond - performance.now()
    if (left > 0) timer = setTimeout(check, left)
    else controller.abort(reason())
  }
  check()
  return {
    signal: controller.signal,
    received(more) {
      bytes += more
    },
    stop: () => clearTimeout(timer),
  }
}
