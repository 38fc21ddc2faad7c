// Ctrl-C, for commands that have something to keep before they end.

import { once } from 'node:events'

/** Whether Ctrl-C was pressed, once; a second time ends the process as ever, and so does the first after `release`. */
export function untilInterrupted(): { signal: AbortSignal; release(): void } {
  const interrupted = new AbortController()
  const released = new AbortController()
  once(process, 'SIGINT', { signal: released.signal }).then(
    () => interrupted.abort(),
    () => {},
  )
  return { signal: interrupted.signal, release: () => released.abort() }
}
