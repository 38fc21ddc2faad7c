// Repeats a measurement and summarises the times.

export interface Repetition {
  /** The least number of measurements. */
  atLeast: number
  /** The most measurements. Default: no limit. */
  atMost?: number
  /** Between the two numbers, measurements are repeated for this long. */
  milliseconds: number
}

/** A summary of several measurements, in milliseconds. */
export interface Summary {
  median: number
  /** The measurement that other processes disturbed least: they can only add time. */
  minimum: number
  /** The third quartile minus the first: the range of the middle half of the measurements. */
  interquartileRange: number
  /** The number of measurements. */
  count: number
}

/** Calls `measure` repeatedly. Returns its results, in milliseconds. */
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

/** The duration of a call in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now()
  await work()
  return performance.now() - start
}

/** Summarises one or more measurements. */
export function summary(times: readonly number[]): Summary {
  const sorted = times.toSorted((a, b) => a - b)
  return {
    median: quantile(sorted, 0.5),
    minimum: sorted[0],
    interquartileRange: quantile(sorted, 0.75) - quantile(sorted, 0.25),
    count: sorted.length,
  }
}

/** Interpolates between two measurements (Hyndman and Fan's definition 7, the default of R and NumPy). */
function quantile(sorted: readonly number[], share: number): number {
  const place = share * (sorted.length - 1)
  const below = sorted[Math.floor(place)]
  return below + (place % 1) * (sorted[Math.ceil(place)] - below)
}
