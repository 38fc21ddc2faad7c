// A process of its own for bench_cold_start.ts: from nothing to a mask, as a program that uses this package gets there.

import type { Precision } from '../../kernels/layout.ts'
import { DeepLab } from '../../node/deeplab.ts'

/** What it is given, as JSON in its first argument. */
export interface FirstMaskJob {
  /** Of `DeepLab.load`. */
  model: string
  precision?: Precision
  photo: string
  batch: number
  outputStride: number
  size: number
}

/** What it sends: when each stage ended, in milliseconds since 1970. */
export interface FirstMaskTimes {
  modules: number
  model: number
  mask: number
}

const now = () => performance.timeOrigin + performance.now()

const modules = now()
const { model: name, precision, photo, batch, ...options }: FirstMaskJob = JSON.parse(process.argv[2])
const model = await DeepLab.load(name, { precision, tune: 'off' })
const loaded = now()
await model.segment(new Array(batch).fill(photo), { ...options, batchSize: batch })
process.send!({ modules, model: loaded, mask: now() } satisfies FirstMaskTimes)
await model.dispose()
