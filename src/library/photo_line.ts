// The line of photos before the GPU. The next batch is submitted while the GPU works on the last one. A photo that fails does not fail
// the others of its batch.

import { Semaphore, WaitGroup } from '../concurrency.ts'
import { UserError } from '../errors.ts'

export interface LineOptions<Photo, Found> {
  /** How many batches the GPU has at one time: while it works on one, the host reads the last one's result and submits the next. */
  ahead: number
  /** Without it, each photo runs alone. */
  batches?: BatchRules<Photo>
  /**
   * Resolves when the GPU has the work. The function waits for what it finds, or also does the work where it cannot be submitted before. The
   * signal is aborted when nobody waits for it any more.
   */
  submit(photos: Photo[], signal: AbortSignal): Promise<() => Promise<Found[]>>
}

interface BatchRules<Photo> {
  /** The most photos of a batch that has this one. */
  sizeOf(photo: Photo): number
  /** Photos of one key can run in one batch. */
  keyOf(photo: Photo): string
  /**
   * How long a photo waits for others of its key, in milliseconds, wherever in the line they are. Without it, photos run in the order in
   * which they came: each waits for the next one, until that has another key or `flush` is called.
   */
  delay?: number
}

/** The result for a photo, and where its time went, in milliseconds. */
export interface Ran<Found> {
  found: Found
  /** In the line. */
  wait: number
  /** On the GPU, without the time of the batch before. */
  gpu: number
  /** Whether it is the last photo of its batch. */
  isLast: boolean
}

/** A photo in the line. */
interface Job<Photo, Found> {
  /** Undefined while the photo is read. */
  photo?: Photo
  key?: string
  since: number
  signal: AbortSignal | undefined
  resolve(ran: Ran<Found>): void
  reject(error: unknown): void
}

const ALONE: BatchRules<unknown> = { sizeOf: () => 1, keyOf: () => '' }

export class PhotoLine<Photo, Found> {
  readonly #submit: LineOptions<Photo, Found>['submit']
  readonly #batches: BatchRules<Photo>
  readonly #gpu: Semaphore
  readonly #underWay = new WaitGroup()
  #waiting: Job<Photo, Found>[] = []
  #isWorking = false
  #isFlushed = false
  /** Called when a photo comes, is read or leaves, and by `flush`. */
  #onChange = () => {}
  #lastDone = 0

  constructor({ ahead, batches = ALONE, submit }: LineOptions<Photo, Found>) {
    this.#gpu = new Semaphore(ahead)
    this.#batches = batches
    this.#submit = submit
  }

  /** How many photos the GPU does not have yet. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** Runs a photo. It takes its place at once, even while it is read. Throws the signal's reason as soon as the signal is aborted. */
  run(photo: Photo | Promise<Photo>, signal?: AbortSignal): Promise<Ran<Found>> {
    signal?.throwIfAborted()
    const leave = this.#underWay.enter()
    let onAbort = () => {}
    const result = new Promise<Ran<Found>>((resolve, reject) => {
      const job = { since: performance.now(), signal, resolve, reject }
      onAbort = () => this.#remove(job, signal!.reason)
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#waiting.push(job)
      this.#isFlushed = false
      if (photo instanceof Promise)
        photo.then(
          its => this.#ready(job, its),
          error => this.#remove(job, error),
        )
      else this.#ready(job, photo)
      if (!this.#isWorking) void this.#work()
    })
    const end = () => {
      signal?.removeEventListener('abort', onAbort)
      leave()
    }
    result.then(end, end)
    return result
  }

  /** No other photo comes before those in the line have run, so that they need not wait for one. */
  flush(): void {
    this.#isFlushed = true
    this.#onChange()
  }

  /** Waits until every photo has its result. */
  idle(): Promise<void> {
    return this.#underWay.idle()
  }

  #ready(job: Job<Photo, Found>, photo: Photo): void {
    job.photo = photo
    job.key = this.#batches.keyOf(photo)
    this.#onChange()
  }

  #remove(job: Job<Photo, Found>, error: unknown): void {
    this.#waiting = this.#waiting.filter(other => other !== job)
    job.reject(error)
    this.#onChange()
  }

  async #work(): Promise<void> {
    this.#isWorking = true
    while (this.#waiting.length > 0) {
      const free = await this.#gpu.take(1)
      const batch = await this.#next()
      await new Promise<void>(submitted => void this.#run(batch, submitted).finally(free))
    }
    this.#isWorking = false // In the same step as the check above: a photo that comes now starts the work again.
  }

  /** Takes the next batch out of the line as soon as it need not wait. Empty if all photos have left. */
  async #next(): Promise<Job<Photo, Found>[]> {
    for (;;) {
      const [first] = this.#waiting
      if (!first) return []
      const batch = first.photo === undefined ? [] : this.#batchOf(first, this.#batches.sizeOf(first.photo))
      this.#waiting = this.#waiting.filter(job => !batch.includes(job))
      if (batch.length > 0) return batch
      await this.#change(first)
    }
  }

  /** The batch of the first photo in the line; empty if that has to wait for others. */
  #batchOf(first: Job<Photo, Found>, size: number): Job<Photo, Found>[] {
    const isOther = ({ key }: Job<Photo, Found>) => key !== first.key
    if (this.#batches.delay === undefined) {
      const end = this.#waiting.findIndex(isOther)
      const alike = this.#waiting.slice(0, end < 0 ? undefined : end)
      const isLast = end < 0 ? this.#isFlushed : this.#waiting[end].key !== undefined
      return alike.length >= size || isLast ? alike.slice(0, size) : []
    }
    const alike = this.#waiting.filter(job => !isOther(job))
    if (alike.length >= size) return alike.slice(0, size)
    // A power of two: each size needs memory of its own on the GPU, and few of them stay there.
    return this.#left(first) > 0 ? [] : alike.slice(0, 2 ** Math.floor(Math.log2(alike.length)))
  }

  /** How long a photo still waits for others, in milliseconds. */
  #left({ since }: Job<Photo, Found>): number {
    return since + this.#batches.delay! - performance.now()
  }

  /** Waits for a change of the line, or until the photo has waited long enough. */
  async #change(first: Job<Photo, Found>): Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined
    await new Promise<void>(resolve => {
      this.#onChange = resolve
      if (this.#batches.delay !== undefined) timer = setTimeout(resolve, this.#left(first))
    })
    clearTimeout(timer)
  }

  async #run(batch: Job<Photo, Found>[], submitted: () => void): Promise<void> {
    if (batch.length === 0) return submitted()
    const begun = performance.now()
    const nobody = new AbortController()
    const onAbort = () => {
      if (batch.every(({ signal }) => signal?.aborted)) nobody.abort()
    }
    for (const { signal } of batch) signal?.addEventListener('abort', onAbort)
    onAbort()
    try {
      const found = await this.#submit(
        batch.map(({ photo }) => photo!),
        nobody.signal,
      )
      submitted()
      this.#resolve(batch, await found(), begun)
    } catch (error) {
      submitted()
      await this.#reject(batch, error)
    } finally {
      for (const { signal } of batch) signal?.removeEventListener('abort', onAbort)
    }
  }

  #resolve(batch: Job<Photo, Found>[], found: Found[], begun: number): void {
    const start = Math.max(begun, this.#lastDone)
    this.#lastDone = performance.now()
    const gpu = this.#lastDone - start
    for (const [i, { since, resolve }] of batch.entries())
      resolve({ found: found[i], wait: start - since, gpu, isLast: i === batch.length - 1 })
  }

  /** One photo may be at fault, or all together be too large for the GPU: they run again one by one. */
  async #reject(batch: Job<Photo, Found>[], error: unknown): Promise<void> {
    const left = batch.filter(({ signal }) => !signal?.aborted)
    if (batch.length > 1 && error instanceof UserError)
      for (const job of left) await this.#run([job], () => {})
    else for (const { reject } of left) reject(error)
  }
}
