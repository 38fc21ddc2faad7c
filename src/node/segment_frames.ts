// The frames of a video, one after the other: while the GPU works on one, the host has the result of the one before and reads the next.

import type { Image } from '../data/image.ts'
import { DeviceLostError } from '../gpu/errors.ts'
import type { ClassMap } from '../inference/class_map.ts'
import { FRAME_OPTIONS, type FrameOptions, meanFor } from '../inference/frame_options.ts'
import type { GpuSegmentOptions } from '../inference/on_gpu.ts'
import type { Outcome } from '../library/photo_runner.ts'
import type { YieldedResult } from '../library/segment_batches.ts'
import { checkOptions } from '../options.ts'

/** What a model does with a frame. */
interface FrameWork<Source, Result> {
  read(source: Source, options: { name: string; signal?: AbortSignal }): Promise<Image>
  /** Resolves when the GPU has the frame. The function waits for the class map. */
  submit(image: Image, options: Omit<GpuSegmentOptions, 'into'>): Promise<() => Promise<ClassMap>>
  result(image: Image, map: ClassMap): Result
}

/** A frame that the GPU has. */
interface Submitted<Source> {
  index: number
  source: Source
  image: Image
  wait(): Promise<ClassMap>
}

/** Throws a UserError for invalid options, and for what is no frame; and the signal's reason. The results before it are yielded first. */
export async function* segmentFrames<From extends Source, Source, Result>(
  frames: Iterable<From> | AsyncIterable<From>,
  options: FrameOptions,
  work: FrameWork<Source, Result>,
): AsyncGenerator<YieldedResult<From, Result>, void, undefined> {
  checkOptions(options, FRAME_OPTIONS)
  const { smoothing: _, signal, ...inference } = options
  const mean = await meanFor(options)
  const own = { ...inference, mean }
  const resultOf = async ({ index, source, image, wait }: Submitted<From>) => {
    const map = await wait().catch(async error => {
      if (!(error instanceof DeviceLostError)) throw error
      return (await work.submit(image, own))() // on another GPU
    })
    return { index, source, result: work.result(image, map) }
  }
  const items = submitted(frames, work, { own, signal })
  let last: Submitted<From> | undefined
  try {
    for (;;) {
      const next = await outcomeOf(items.next())
      const before = last
      last = 'result' in next && !next.result.done ? next.result.value : undefined
      if (before) yield await resultOf(before)
      if ('error' in next) throw next.error
      if (!last) return
    }
  } finally {
    await items.return(undefined)
    await last?.wait().catch(() => undefined) // frees its buffer
    mean?.release()
  }
}

async function* submitted<From extends Source, Source>(
  frames: Iterable<From> | AsyncIterable<From>,
  { read, submit }: Pick<FrameWork<Source, unknown>, 'read' | 'submit'>,
  { own, signal }: { own: GpuSegmentOptions; signal?: AbortSignal },
): AsyncGenerator<Submitted<From>, undefined, undefined> {
  let index = 0
  for await (const source of frames) {
    signal?.throwIfAborted()
    const image = await read(source, { name: `frames[${index}]`, signal })
    yield { index: index++, source, image, wait: await submit(image, own) }
  }
}

const outcomeOf = <T>(work: Promise<T>): Promise<Outcome<T>> =>
  work.then(
    result => ({ result }),
    error => ({ error }),
  )
