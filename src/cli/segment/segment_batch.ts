// Runs a model on all photos: with the manifest, the threads, the progress and the signals around it.

import { join } from 'node:path'
import type { DeepLab } from '../../node/deeplab.ts'
import { refinedOf } from '../inference_options.ts'
import { catchSignals } from '../interrupt.ts'
import { isQuiet } from '../quiet.ts'
import { showProgress } from './batch_progress.ts'
import { STANDARD_INPUT } from './input_photo.ts'
import type { Ahead } from './look_ahead.ts'
import { Manifest } from './manifest.ts'
import { isArchive } from './photo_names.ts'
import { photoWork } from './photo_work.ts'
import { runId } from './run_id.ts'
import type { SegmentCommandOptions } from './segment.ts'
import { findFiles, type InputOptions } from './segment_inputs.ts'
import { type Output, STANDARD_OUTPUT } from './segment_output.ts'
import { segmentPhotos } from './segment_photos.ts'
import type { SegmentReport } from './segment_report.ts'
import { pngKinds } from './segment_results.ts'
import { Throughput } from './throughput.ts'

/** From how many photos on worker threads help more than their start costs. */
const THREADS_FROM = 8

export interface BatchRun {
  model: DeepLab
  ahead: Ahead
  inputs: InputOptions
  options: SegmentCommandOptions
  output: Output
  report: SegmentReport
}

/** Segments the photos and reports on each. Throws an InterruptedError if a signal ended the run. */
export async function runBatch({ model, ahead, inputs, options, output, report }: BatchRun): Promise<void> {
  const path = manifestPath(ahead, options)
  const run = path === undefined ? '' : runOf(model, options)
  const manifest = path === undefined ? undefined : await Manifest.open(path, options)
  const interrupt = manifest && catchSignals()
  // A kernel that is chosen in the middle of the run may round otherwise, and a resumed run has to give the same results.
  await model.stopTuning()
  const isMany = !ahead.isAll || ahead.first.length >= THREADS_FROM
  const work = photoWork({ threads: isMany })
  const throughput = new Throughput()
  const lines = process.stdout.isTTY && !options.json
  const isOne = ahead.isAll && ahead.first.length === 1
  const total = countPhotos(ahead, inputs).catch(() => undefined) // the run itself reports what fails
  const progress = isOne ? undefined : showProgress(throughput, { total, lines })
  try {
    await segmentPhotos({
      ...{ model, photos: ahead.photos, options, output, work, throughput, run, manifest, report },
      signal: interrupt?.signal,
    })
    interrupt?.check() // it may have ended the run while no photo was under way
    await manifest?.finish()
  } finally {
    progress?.stop()
    if (manifest && !isQuiet()) console.error(throughput.summary)
    if (interrupt?.error && !isQuiet())
      console.error(`${interrupt.error.message}: the same command with --resume goes on where ${path} ends`)
    interrupt?.release()
    await work.close()
    await manifest?.close()
  }
}

/** Undefined if there is to be none: by default, for files that were named one by one, and where nothing else is written. */
function manifestPath({ isAll, areNamed }: Ahead, options: SegmentCommandOptions): string | undefined {
  const { manifest, out, shard, resume } = options
  if (manifest !== undefined) return manifest
  if (out === STANDARD_OUTPUT) return undefined
  const isWritten = pngKinds(options).length > 0 || options.probabilities !== undefined
  if (!resume && ((isAll && areNamed) || !isWritten)) return undefined
  return join(out, shard ? `manifest-${shard.index}-of-${shard.count}.jsonl` : 'manifest.jsonl')
}

/** All that results depend on besides the photos. */
function runOf(model: DeepLab, options: SegmentCommandOptions): string {
  const { precision, mask, overlay, probabilities, opacity, legend } = options
  const results = { precision, mask, overlay, probabilities, opacity, legend }
  return runId(model.state, { ...refinedOf(options), ...results })
}

/** Undefined if it takes too long to count them: those of archives and of standard input. */
async function countPhotos({ first, isAll }: Ahead, inputs: InputOptions): Promise<number | undefined> {
  if (isAll) return first.length
  if (inputs.list === STANDARD_INPUT || isQuiet()) return undefined
  let count = 0
  for await (const { file } of findFiles(inputs)) {
    if (isArchive(file)) return undefined
    count++
  }
  return count
}
