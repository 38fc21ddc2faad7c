export interface Deadline {
  signal: AbortSignal
  /** Reports that so many more bytes arrived. */
  received(bytes: number): void
  stop(): void
}

/** The time for a transfer: `totalMs` milliseconds, and one more second for every `bytesPerSecond` bytes that arrive. */
export interface TimeLimit {
  totalMs: number
  bytesPerSecond: number
}

/** The signal aborts with the reason that `reason` gives when the time is over. */
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
