// Long work of the event loop, in steps between which the server does all else.

import { setImmediate } from 'node:timers/promises'
import { Mutex } from '../concurrency.ts'

const turn = new Mutex()

/**
 * Runs work that yields after each step of a few milliseconds. The first step runs at once, so that short work does not wait. Of the
 * others, each turn of the event loop runs one, whatever the number of requests: they take turns.
 */
export async function inTurns<T>(work: Generator<void, T>): Promise<T> {
  for (;;) {
    const { done, value } = work.next()
    if (done) return value
    await turn.run(() => setImmediate())
  }
}
