// The work on photos beside the GPU's: decoding them, and encoding their results. For many photos, worker threads do it.

import { availableParallelism } from 'node:os'
import type { Image } from '../../data/image.ts'
import { readImage } from '../../node/images/image.ts'
import { WorkerPool } from '../../node/worker_pool.ts'
import { type WriteJob, type WrittenResults, writeResults } from './segment_results.ts'

export interface ReadJob {
  source: string | Uint8Array
  /** For messages. */
  name: string
  maxPixels: number
}

export type PhotoJob = { read: ReadJob } | { write: WriteJob }

export interface PhotoWork {
  /** How many photos it works on at the same time. */
  lanes: number
  read(job: ReadJob): Promise<Image>
  write(job: WriteJob): Promise<WrittenResults>
  close(): Promise<void>
}

export const readPhoto = ({ source, name, maxPixels }: ReadJob): Promise<Image> =>
  readImage(source, { name, maxPixels })

/** In this thread: a few photos are done before a thread has started. */
const HERE: PhotoWork = { lanes: 1, read: readPhoto, write: writeResults, close: async () => {} }

const MOST_THREADS = 16

/** In threads: one core drives the GPU. */
function inThreads(): PhotoWork {
  const lanes = Math.min(MOST_THREADS, Math.max(1, availableParallelism() - 1))
  const pool = new WorkerPool<PhotoJob, Image | WrittenResults>(WORKER, lanes)
  return {
    lanes,
    read: job => pool.run({ read: job }) as Promise<Image>,
    write: job => pool.run({ write: job }, buffersOf(job)) as Promise<WrittenResults>,
    close: () => pool.close(),
  }
}

export const photoWork = ({ threads }: { threads: boolean }): PhotoWork => (threads ? inThreads() : HERE)

/** The pixels move to the thread: nobody else needs them any more. */
const buffersOf = ({ image, map }: WriteJob): ArrayBuffer[] =>
  [image.data, map.mask, ...(map.scores ? [map.scores.data] : [])].map(({ buffer }) => buffer as ArrayBuffer)

/** The file next to this one: TypeScript when run from source, JavaScript once compiled. */
const WORKER = new URL(import.meta.url.replace(/photo_work(\.[jt]s)$/, 'photo_worker$1'))
