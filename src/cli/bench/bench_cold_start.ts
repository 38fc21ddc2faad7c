// Measures the time from the start of a program to its first mask.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import sharp from 'sharp'
import { repeat } from '../../bench/repeat.ts'
import type { Image } from '../../data/image.ts'
import { writeModel } from '../../node/write_model.ts'
import type { FirstMaskJob, FirstMaskTimes } from './bench_first_mask.ts'
import type { BenchModel } from './bench_model.ts'

/** The time of each stage, and the total, in milliseconds. */
export interface ColdStart {
  /** Starting Node and loading this package. */
  modules: number
  /** Reading the checkpoint and opening the GPU. */
  model: number
  /** Decoding the photo, planning the network, uploading its weights, compiling and running its kernels. */
  mask: number
  total: number
}

/** Up to three repetitions, fewer if they are slow. The median counts. */
const REPETITION = { atLeast: 1, atMost: 3, milliseconds: 10_000 }

/** The file next to this one: TypeScript when run from source, JavaScript once compiled. */
const FIRST_MASK = new URL(import.meta.url.replace(/bench_cold_start(\.[jt]s)$/, 'bench_first_mask$1'))

/** Turns off the shader caches of Mesa and of NVIDIA's driver. Those of other systems cannot be turned off from here. */
const WITHOUT_SHADER_CACHES = { MESA_SHADER_CACHE_DISABLE: 'true', __GL_SHADER_DISK_CACHE: '0' }

interface ColdStartJob extends Omit<FirstMaskJob, 'model' | 'photo' | 'precision'> {
  /** The name of the model, by which a new process finds it if it is trained. */
  name: string
  model: BenchModel
  photo: Image
  /** The photo's file, if it comes from a file. */
  photoFile?: string
  /** The number of processes to start. Default: up to three. */
  runs?: number
}

/**
 * Times new processes, one after the other. Writes the model and the photo to a temporary folder if they are not in files yet.
 */
export async function measureColdStart(job: ColdStartJob): Promise<ColdStart> {
  const { name, model, photo, photoFile, runs, ...options } = job
  const folder = await mkdtemp(join(tmpdir(), 'atrous-bench-'))
  try {
    if (model.untrained) await writeModel(folder, model)
    const file = photoFile ?? (await writePhoto(join(folder, 'photo.png'), photo))
    const found: ColdStart[] = []
    const measure = async () => {
      const { untrained, precision } = model
      found.push(await firstMask({ ...options, model: untrained ? folder : name, photo: file, precision }))
      return found.at(-1)!.total
    }
    await repeat(measure, runs ? { atLeast: runs, milliseconds: 0 } : REPETITION)
    return found.sort((a, b) => a.total - b.total)[Math.floor(found.length / 2)]
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function writePhoto(file: string, { width, height, data }: Image): Promise<string> {
  await sharp(data, { raw: { width, height, channels: 4 } }).toFile(file)
  return file
}

async function firstMask(job: FirstMaskJob): Promise<ColdStart> {
  const start = performance.timeOrigin + performance.now()
  const child = fork(FIRST_MASK, [JSON.stringify(job)], {
    env: { ...process.env, ...WITHOUT_SHADER_CACHES },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  let sent: FirstMaskTimes | undefined
  child.on('message', message => {
    sent = message as FirstMaskTimes
  })
  const [said, [code]] = await Promise.all([text(child.stderr!), once(child, 'close')])
  if (!sent || code !== 0) throw new Error(`the process of a cold start ended with code ${code}: ${said}`)
  return {
    modules: sent.modules - start,
    model: sent.model - sent.modules,
    mask: sent.mask - sent.model,
    total: sent.mask - start,
  }
}
