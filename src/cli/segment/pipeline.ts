// The way of many photos through decoding, the GPU and encoding. Each stage works on other photos at the same time, so that the GPU
// need not wait for the others. Photos are begun, submitted to the GPU and settled in their order; few are under way at one time.

import { orAborted } from '../../node/or_aborted.ts'

/** How many photos the GPU has at one time: while it works on one, the host reads the last one's result and submits the next. */
const ON_GPU = 2

export type Outcome<Result> = { result: Result } | { error: unknown }

export interface Stages<Item, Input, Found, Result> {
  /** The outcome of an item that needs no work. */
  known(item: Item): Outcome<Result> | undefined
  /** The memory that an item takes from its reading to its writing, in bytes. */
  weigh(item: Item): number
  read(item: Item): Promise<Input>
  /** Resolves when the GPU has the work. The function waits for what it finds. */
  submit(input: Input): Promise<() => Promise<Found>>
  write(item: Item, input: Input, found: Found): Promise<Result>
  /** Called in the order of the items. What it throws ends the run. */
  settle(item: Item, outcome: Outcome<Result>): Promise<void>
}

export interface PipelineOptions {
  /** The most items under way. */
  items: number
  /** The most bytes of them, if there is more than one. */
  bytes: number
  /** Ends the run: no further item is submitted to the GPU. The first that is not has the signal's reason as its error. */
  signal?: AbortSignal
}

/**
 * Resolves when all items are settled. Rejects with what `settle` threw first; then no later item is settled. Either way, nothing is
 * under way any more.
 */
export async function runPipeline<Item, Input, Found, Result>(
  items: AsyncIterable<Item>,
  stages: Stages<Item, Input, Found, Result>,
  { items: count, bytes, signal }: PipelineOptions,
): Promise<void> {
  const room = new Room(count, bytes)
  const failed = new AbortController()
  const stop = AbortSignal.any([failed.signal, ...(signal ? [signal] : [])])
  let last: Before = { submitted: Promise.resolve(), found: [], settled: Promise.resolve() }
  try {
    for await (const item of until(items, stop)) {
      const weight = stages.weigh(item)
      await room.enter(weight)
      last = begin(item, stages, { ...last, stop })
      last.settled.catch(error => failed.abort(error)).finally(() => room.leave(weight))
    }
  } finally {
    await over(last.settled)
  }
  await last.settled
}

/** What an item waits for: the item before it, and at the GPU those of the last `ON_GPU`. */
interface Before {
  submitted: Promise<unknown>
  found: Promise<unknown>[]
  settled: Promise<void>
}

function begin<Item, Input, Found, Result>(
  item: Item,
  stages: Stages<Item, Input, Found, Result>,
  before: Before & { stop: AbortSignal },
): Before {
  const known = stages.known(item)
  if (known) return { ...before, settled: before.settled.then(() => stages.settle(item, known)) }
  const input = stages.read(item)
  const submitted = (async () => {
    await over(before.submitted)
    if (before.found.length === ON_GPU) await over(before.found[0])
    const its = await input
    before.stop.throwIfAborted()
    return stages.submit(its)
  })()
  const found = submitted.then(wait => wait())
  const outcome = found
    .then(async map => ({ result: await stages.write(item, await input, map) }))
    .catch(error => ({ error }))
  const settled = (async () => {
    const its = await outcome
    await before.settled
    await stages.settle(item, its)
  })()
  over(input) // What waits for it reports why it failed.
  return { submitted, found: [...before.found, found].slice(-ON_GPU), settled }
}

/** Waits for work, whether it succeeds or not. */
const over = (work: Promise<unknown>): Promise<unknown> => work.catch(() => undefined)

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

/** Limits what is under way. */
class Room {
  readonly #most: number
  readonly #mostBytes: number
  #items = 0
  #bytes = 0
  #next: () => void = () => {}

  constructor(items: number, bytes: number) {
    this.#most = items
    this.#mostBytes = bytes
  }

  /** Waits until there is room for an item. One item at a time may wait. */
  async enter(bytes: number): Promise<void> {
    while (!this.#fits(bytes))
      await new Promise<void>(resolve => {
        this.#next = resolve
      })
    this.#items++
    this.#bytes += bytes
  }

  leave(bytes: number): void {
    this.#items--
    this.#bytes -= bytes
    this.#next()
  }

  #fits(bytes: number): boolean {
    return this.#items === 0 || (this.#items < this.#most && this.#bytes + bytes <= this.#mostBytes)
  }
}
