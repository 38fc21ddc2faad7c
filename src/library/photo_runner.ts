// The way of many photos from a source through decoding, the GPU and encoding to a sink. Each step works on other photos at the same time,
// so that the GPU need not wait for the others. Photos are begun, submitted to the GPU and settled in their order; few are under way at
// one time.

import { orAborted, Semaphore } from '../concurrency.ts'
import { type LineOptions, PhotoLine, type Ran } from './photo_line.ts'

export type Outcome<Result> = { result: Result } | { error: unknown }

export interface PhotoSteps<Item, Photo, Found, Result> extends LineOptions<Photo, Found> {
  /** The outcome of an item that needs no work. */
  known?(item: Item): Outcome<Result> | undefined
  /** The memory that an item takes from its reading to its writing, in bytes. */
  weigh?(item: Item): number
  read(item: Item): Promise<Photo>
  write(item: Item, photo: Photo, ran: Ran<Found>): Promise<Result>
  /** Called in the order of the items. What it throws ends the run. */
  settle(item: Item, outcome: Outcome<Result>): Promise<void>
}

export interface RunLimits {
  /** The most items under way. */
  items: number
  /** The most bytes of them, if there is more than one. */
  bytes?: number
  /** Ends the run: no further item is submitted to the GPU. The first that is not has the signal's reason as its error. */
  signal?: AbortSignal
}

/**
 * Resolves when all items are settled. Rejects with what `settle` threw first; then no later item is settled. Either way, nothing is
 * under way any more.
 */
export async function runPhotos<Item, Photo, Found, Result>(
  items: AsyncIterable<Item>,
  steps: PhotoSteps<Item, Photo, Found, Result>,
  { items: count, bytes = Number.POSITIVE_INFINITY, signal }: RunLimits,
): Promise<void> {
  const places = new Semaphore(count)
  const memory = new Semaphore(bytes)
  const failed = new AbortController()
  const stop = AbortSignal.any([failed.signal, ...(signal ? [signal] : [])])
  const line = new PhotoLine<Photo, Found>({
    ...steps,
    async submit(photos, nobody) {
      stop.throwIfAborted()
      return steps.submit(photos, nobody)
    },
  })
  const take = (supply: Semaphore, amount: number) => {
    const free = supply.tryTake(amount)
    if (!free) line.flush() // no photo comes before one of these has ended
    return free ?? supply.take(amount)
  }
  let settled: Promise<void> = Promise.resolve()
  try {
    for await (const item of until(items, stop)) {
      const leave = await take(places, 1)
      const free = await take(memory, Math.min(bytes, steps.weigh?.(item) ?? 0))
      settled = settle(item, steps, { outcome: outcomeOf(item, steps, line), before: settled })
      settled
        .catch(error => failed.abort(error))
        .finally(() => {
          leave()
          free()
        })
    }
  } finally {
    line.flush()
    await settled.catch(() => undefined)
  }
  await settled
}

async function outcomeOf<Item, Photo, Found, Result>(
  item: Item,
  { known, read, write }: PhotoSteps<Item, Photo, Found, Result>,
  line: PhotoLine<Photo, Found>,
): Promise<Outcome<Result>> {
  const outcome = known?.(item)
  if (outcome) return outcome
  try {
    const photo = read(item)
    const ran = await line.run(photo)
    return { result: await write(item, await photo, ran) }
  } catch (error) {
    return { error }
  }
}

/** Settles an item after those before it. */
async function settle<Item, Result>(
  item: Item,
  steps: { settle(item: Item, outcome: Outcome<Result>): Promise<void> },
  { outcome, before }: { outcome: Promise<Outcome<Result>>; before: Promise<void> },
): Promise<void> {
  const its = await outcome
  await before
  await steps.settle(item, its)
}

/** The items until the signal, even if the next item never comes. */
async function* until<Item>(items: AsyncIterable<Item>, signal: AbortSignal): AsyncGenerator<Item> {
  const iterator = items[Symbol.asyncIterator]()
  try {
    while (!signal.aborted) {
      const next = await orAborted(iterator.next(), signal)
      if (next.done) return
      yield next.value
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    // Not awaited: an iterator that waits for its next item ends only after it.
    iterator.return?.().catch(() => undefined)
  }
}
