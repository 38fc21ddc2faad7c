// Measuring again and again, and what the times say.

export interface Repetition {
  /** Measurements that are made in any case. */
  atLeast: number
  /** Default: no limit. */
  atMost?: number
  /** Within these limits it goes on for so long. */
  milliseconds: number
}

/** What several measurements of one thing found, in milliseconds. */
export interface Summary {
  median: number
  /** What other processes disturbed least: they only ever add time. */
  minimum: number
  /** From the first to the third quartile: the middle half of the measurements lies within so much of each other. */
  interquartileRange: number
  /** Measurements. */
  count: number
}

/** What `measure` returns, in milliseconds, time after time. */
export async function repeat(
  measure: () => Promise<number>,
  { atLeast, atMost = Infinity, milliseconds }: Repetition,
): Promise<number[]> {
  const start = performance.now()
  const times: number[] = []
  while (times.length < atLeast || (times.length < atMost && performance.now() - start < milliseconds))
    times.push(await measure())
  return times
}

/** How long something takes, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

/** Of at least one measurement. */
export function summary(times: readonly number[]): Summary {
  const sorted = times.toSorted((a, b) => a - b)
  return {
    median: quantile(sorted, 0.5),
    minimum: sorted[0],
    interquartileRange: quantile(sorted, 0.75) - quantile(sorted, 0.25),
    count: sorted.length,
  }
}

/** Between two measurements in proportion (Hyndman and Fan's seventh definition, that of R, NumPy and spreadsheets). */
function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1)
  const below = sorted[Math.floor(place)]
  return below + (place % 1) * (sorted[Math.ceil(place)] - below)
}
