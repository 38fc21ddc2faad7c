// The separate process that bench_cold_start.ts times: from its start to a mask, as in any program that uses this package.

import type { Precision } from '../../kernels/layout.ts'
import { DeepLab } from '../../node/deeplab.ts'

/** The job, as JSON in the first argument. */
export interface FirstMaskJob {
  /** The argument of `DeepLab.load`. */
  model: string
  precision?: Precision
  photo: string
  batch: number
  outputStride: number
  size: number
}

/** The message to the parent: the time when each stage ended, in milliseconds since 1970. */
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
