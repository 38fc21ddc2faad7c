// Photos that wait for a model run in batches. A batch has photos of one size and the same options.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Image } from '../data/image.ts'
import { UserError } from '../errors.ts'
import { DeviceLostError, NoAdapterError } from '../gpu/errors.ts'

import type { RefinedOptions, SegmentOutput } from '../inference/inference_options.ts'
import type { Segmentation } from '../node/segmentation.ts'

export interface BatchOptions extends RefinedOptions {
  output: SegmentOutput
}

/** What the batcher needs of a model. */
export interface BatchModel {
  /** Another one after the GPU was lost. */
  readonly gpu: unknown
  segment(
    photos: readonly Image[],
    options: BatchOptions & { batchSize: number; signal: AbortSignal },
  ): Promise<Segmentation[]>
}

export interface BatcherOptions {
  /** The most photos of a batch. */
  batchSize: number
  /** How long a photo waits for others, in milliseconds, while the model has nothing to do. */
  batchDelay: number
  /** Called for each batch that has run, with the number of its photos. */
  onBatch(photos: number): void
  /** Called when another GPU took the place of a lost one. */
  onRecovery(): void
}

/** The result for a photo, and where its time went, in milliseconds. */
export interface Batched {
  found: Segmentation
  wait: number
  gpu: number
}

interface Job {
  image: Image
  options: BatchOptions
  /** Jobs of one key can run in one batch. */
  key: string
  since: number
  signal: AbortSignal
  resolve(result: Batched): void
  reject(error: unknown): void
}

/** Waits before a lost GPU is asked for again, in milliseconds. The model itself has tried once by then. */
const RETRIES = [100, 1000, 4000]

export class Batcher {
  readonly #model: BatchModel
  readonly #options: BatcherOptions
  #waiting: Job[] = []
  #work: Promise<void> | undefined
  /** Ends the wait for more photos. */
  #startNow = () => {}

  constructor(model: BatchModel, options: BatcherOptions) {
    this.#model = model
    this.#options = options
  }

  /** Photos that wait and do not run. */
  get waiting(): number {
    return this.#waiting.length
  }

  /** Segments a photo with others that wait. Throws the signal's reason as soon as the signal is aborted. */
  run(image: Image, options: BatchOptions, signal: AbortSignal): Promise<Batched> {
    signal.throwIfAborted()
    return new Promise((resolve, reject) => {
      const key = keyOf(image, options)
      const onAbort = () => {
        this.#waiting = this.#waiting.filter(other => other !== job)
        job.reject(signal.reason)
      }
      const settled = () => signal.removeEventListener('abort', onAbort)
      const job: Job = {
        ...{ image, options, key, signal, since: performance.now() },
        resolve: result => {
          settled()
          resolve(result)
        },
        reject: error => {
          settled()
          reject(error)
        },
      }
      signal.addEventListener('abort', onAbort, { once: true })
      this.#waiting.push(job)
      if (this.#first().length >= this.#options.batchSize) this.#startNow()
      this.#work ??= this.#runAll()
    })
  }

  /** Waits until every photo has its result. */
  async idle(): Promise<void> {
    while (this.#work) await this.#work
  }

  async #runAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#gather()
      const batch = this.#first().slice(0, this.#sizeOf(this.#first().length))
      this.#waiting = this.#waiting.filter(job => !batch.includes(job))
      if (batch.length > 0) await this.#runBatch(batch)
    }
    this.#work = undefined // In the same step as the check above: a photo that comes now starts the work again.
  }

  /** Waits until there is a whole batch, or the photo that waits longest has waited long enough. */
  async #gather(): Promise<void> {
    const [first] = this.#waiting
    const left = first.since + this.#options.batchDelay - performance.now()
    if (left <= 0 || this.#first().length >= this.#options.batchSize) return
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, left)
      this.#startNow = () => {
        clearTimeout(timer)
        resolve()
      }
    })
    this.#startNow = () => {}
  }

  /** The photo that waits longest, and those that can run with it. */
  #first(): Job[] {
    return this.#waiting.filter(({ key }) => key === this.#waiting[0].key)
  }

  /** A whole batch, or a power of two: each size needs memory of its own on the GPU, and few of them stay there. */
  #sizeOf(jobs: number): number {
    const { batchSize } = this.#options
    return jobs >= batchSize ? batchSize : 2 ** Math.floor(Math.log2(Math.max(1, jobs)))
  }

  async #runBatch(jobs: Job[]): Promise<void> {
    const start = performance.now()
    try {
      const results = await this.#segment(jobs)
      const gpu = performance.now() - start
      this.#options.onBatch(jobs.length)
      for (const [i, { since, resolve }] of jobs.entries())
        resolve({ found: results[i], wait: start - since, gpu })
    } catch (error) {
      const left = jobs.filter(({ signal }) => !signal.aborted)
      // One photo may be at fault, or all together too large for the GPU.
      if (jobs.length > 1 && error instanceof UserError) for (const job of left) await this.#runBatch([job])
      else for (const { reject } of left) reject(error)
    }
  }

  /** If nobody waits for any of the photos any more, the work ends. */
  async #segment(jobs: Job[]): Promise<Segmentation[]> {
    const nobody = new AbortController()
    const onAbort = () => {
      if (jobs.every(({ signal }) => signal.aborted)) nobody.abort()
    }
    for (const { signal } of jobs) signal.addEventListener('abort', onAbort, { once: true })
    try {
      const options = { ...jobs[0].options, batchSize: jobs.length, signal: nobody.signal }
      return await this.#onLastingGpu(() =>
        this.#model.segment(
          jobs.map(({ image }) => image),
          options,
        ),
      )
    } finally {
      for (const { signal } of jobs) signal.removeEventListener('abort', onAbort)
    }
  }

  /** A model opens another GPU in place of a lost one, once a call. If that one is lost too, or is not there yet, tries again. */
  async #onLastingGpu<T>(work: () => Promise<T>): Promise<T> {
    const { gpu } = this.#model
    try {
      for (const milliseconds of RETRIES)
        try {
          return await work()
        } catch (error) {
          if (!(error instanceof DeviceLostError || error instanceof NoAdapterError)) throw error
          await sleep(milliseconds)
        }
      return await work()
    } finally {
      if (this.#model.gpu !== gpu) this.#options.onRecovery()
    }
  }
}

/** The batches of one key have one plan. */
function keyOf({ data: _, ...size }: Image, options: BatchOptions): string {
  return JSON.stringify([size, options])
}
