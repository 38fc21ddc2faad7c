export const MILLISECONDS_A_CALL = 5

export interface CountedClock {
  /** Its milliseconds so far. */
  time: number
}

/**
 * In a `describe`: `performance.now` counts its calls instead of reading a clock, and a test moves it on by `time`. What works for a
 * budget of time then does the same work on every machine.
 */
export function useCountedClock(): CountedClock {
  const clock: CountedClock = { time: 0 }
  before(() => {
    performance.now = () => (clock.time += MILLISECONDS_A_CALL)
  })
  after(() => {
    delete (performance as Partial<Performance>).now // that of the prototype is there again
  })
  return clock
}
