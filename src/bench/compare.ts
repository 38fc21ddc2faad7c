// Two things against each other, in a way that treats both alike.

import { type Repetition, repeat, timed } from './repeat.ts'

/**
 * Milliseconds of each, of several calls turn about the shortest: other processes only ever add time, and whatever slows the machine
 * slows both. A first call of each does not count.
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
