// How long a program takes from its start to its first mask.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import sharp from 'sharp'
import { repeat } from '../../bench/repeat.ts'
import type { Image } from '../../data/image.ts'
import { writeModel } from '../../node/model_files.ts'
import type { FirstMaskJob, FirstMaskTimes } from './bench_first_mask.ts'
import type { BenchModel } from './bench_model.ts'

/** Milliseconds of each stage, and of all together. */
export interface ColdStart {
  /** Node starts and loads this package. */
  modules: number
  /** The checkpoint is read, the GPU opened. */
  model: number
  /** The photo is decoded, the network planned, its weights uploaded, its kernels compiled; then they run. */
  mask: number
  total: number
}

/** The median of up to three; of slow ones there are fewer. */
const REPETITION = { atLeast: 1, atMost: 3, milliseconds: 10_000 }

/** Beside this file: TypeScript where that is run as it is, JavaScript once compiled. */
const FIRST_MASK = new URL(import.meta.url.replace(/bench_cold_start(\.[jt]s)$/, 'bench_first_mask$1'))

/** Mesa's caches of compiled shaders, and that of NVIDIA's driver; those of other systems cannot be turned off from here. */
const WITHOUT_SHADER_CACHES = { MESA_SHADER_CACHE_DISABLE: 'true', __GL_SHADER_DISK_CACHE: '0' }

export interface ColdStartJob extends Omit<FirstMaskJob, 'model' | 'photo' | 'precision'> {
  /** The model, and the name under which a new process finds it if it is trained. */
  name: string
  model: BenchModel
  photo: Image
  /** The file that the photo comes from, if it comes from one. */
  photoFile?: string
  /** How many processes start. Default: up to three. */
  runs?: number
}

/** Of new processes, one after the other. What they are to read and is in no file yet is written to a temporary folder. */
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
