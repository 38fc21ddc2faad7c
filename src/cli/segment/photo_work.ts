// The work on photos beside the GPU's: decoding them, and encoding their results. For many photos, worker threads do it.

import { createHash } from 'node:crypto'
import { availableParallelism } from 'node:os'
import type { Image } from '../../data/image.ts'
import { readImage, readPhotoFile } from '../../node/images/image.ts'
import { WorkerPool } from '../../node/worker_pool.ts'
import { type WriteJob, type WrittenResults, writeResults } from './segment_results.ts'

interface ReadJob {
  source: string | Uint8Array
  /** For messages. */
  name: string
  maxPixels: number
  /** How many channels of an image's own the model takes. */
  channels?: number
}

export interface DecodedPhoto {
  image: Image
  /** Of the bytes that were decoded, in hex. */
  sha256: string
}

export type PhotoJob = { read: ReadJob } | { write: WriteJob }

export interface PhotoWork {
  /** How many photos it works on at the same time. */
  lanes: number
  read(job: ReadJob): Promise<DecodedPhoto>
  write(job: WriteJob): Promise<WrittenResults>
  close(): Promise<void>
}

export async function readPhoto({ source, ...options }: ReadJob): Promise<DecodedPhoto> {
  const bytes = await bytesOf(source)
  return { image: await readImage(bytes, options), sha256: sha256Of(bytes) }
}

/** The SHA-256 of a photo in hex. Throws a UserError if it cannot be read. */
export const photoHash = async (source: ReadJob['source']): Promise<string> => sha256Of(await bytesOf(source))

const bytesOf = async (source: ReadJob['source']) =>
  typeof source === 'string' ? readPhotoFile(source) : source

const sha256Of = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

/** In this thread: a few photos are done before a thread has started. */
const HERE: PhotoWork = { lanes: 1, read: readPhoto, write: writeResults, close: async () => {} }

const MAX_THREADS = 16

/** In threads: one core drives the GPU. */
function inThreads(): PhotoWork {
  const lanes = Math.min(MAX_THREADS, Math.max(1, availableParallelism() - 1))
  const pool = new WorkerPool<PhotoJob, DecodedPhoto | WrittenResults>(WORKER, lanes)
  return {
    lanes,
    read: job => pool.run({ read: job }) as Promise<DecodedPhoto>,
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
