// Times two calls against each other under the same conditions.

import { type Repetition, repeat, timed } from './repeat.ts'

/**
 * The shortest time of each call in milliseconds. The calls take turns, so that a slower machine slows both. The shortest time
 * counts, because other processes can only add time. A first call of each does not count.
 */
export async function compare(
  works: [() => Promise<unknown>, () => Promise<unknown>],
  repetition: Repetition,
): Promise<[number, number]> {
  const [first, second] = works
  const shortest: [number, number] = [Infinity, Infinity]
  const both = async () => {
    const times = [await timed(first), await timed(second)]
    for (const i of [0, 1]) shortest[i] = Math.min(shortest[i], times[i])
    return times[0] + times[1]
  }
  await both()
  shortest.fill(Infinity)
  await repeat(both, repetition)
  return shortest
}
