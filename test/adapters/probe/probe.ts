// The probe: checks an adapter from the kernels to training, and reports what passed, what failed and what did not run. It needs an
// entry to WebGPU (navigator.gpu, or that of Dawn) and nothing of Node or of the DOM.

import { describeAdapter } from '../../../src/bench/adapter.ts'
import type { KnownAnswer } from '../../../src/bench/answers/kernel_check.ts'
import type { DeviceRequest } from '../../../src/gpu/request_gpu.ts'
import type { KernelSuite } from '../../support/kernel_suite.ts'
import { openAdapter, type TestedAdapter } from './adapter.ts'
import { doctorPart } from './doctor_part.ts'
import { type KernelsJob, kernelsPart } from './kernels_part.ts'
import { type PhotoJob, photosPart, type ReadData } from './photos_part.ts'
import { type Finding, type PartName, type ProbeReport, reasonOf, runPart, type Tally } from './report.ts'
import { trainingPart } from './training_part.ts'

/** What to check. It is sent to the probe as JSON. */
export interface ProbeJob extends KernelsJob {
  request: DeviceRequest
  parts: readonly PartName[]
  photos: PhotoJob[]
  /** Photos that are not on this machine. */
  absentPhotos: Finding[]
  /** By training. */
  losses: Record<string, number[]>
}

/** What comes with the probe's program, and how it reaches the one who started it. */
export interface ProbeHost {
  answers: readonly KnownAnswer[]
  suites: readonly KernelSuite[]
  /** The file of this name. */
  read: ReadData
  onProgress(text: string): void
  /** Called after each part, and at the end. */
  onReport(report: ProbeReport): Promise<void>
}

export async function probe(entry: GPU, job: ProbeJob, host: ProbeHost): Promise<void> {
  const report: ProbeReport = { parts: [], finished: false }
  try {
    const adapter = await openAdapter(entry, job.request)
    report.adapter = describeAdapter(await adapter.gpu())
    for (const part of job.parts) {
      report.parts.push(await runPart(part, tally => parts[part](adapter, tally, { ...job, ...host })))
      await host.onReport(report)
    }
    adapter.close()
    report.finished = true
  } catch (error) {
    report.error = reasonOf(error)
  }
  await host.onReport(report)
}

type Part = (adapter: TestedAdapter, tally: Tally, options: ProbeJob & ProbeHost) => Promise<void>

const parts: Record<PartName, Part> = {
  doctor: doctorPart,
  kernels: kernelsPart,
  async photos(adapter, tally, options) {
    for (const { name, reason } of options.absentPhotos) tally.skip(name, reason)
    await photosPart(adapter, tally, options)
  },
  training: (adapter, tally, { losses, onProgress }) =>
    trainingPart(adapter, tally, { expected: losses, onProgress }),
}
