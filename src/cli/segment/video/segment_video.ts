// `atrous segment VIDEO`: a mask of each frame, or a video with the classes' colours.

import { Flicker } from '../../../bench/flicker.ts'
import { UserError } from '../../../errors.ts'
import { flagName } from '../../../inference/option_texts.ts'
import type { DeepLab } from '../../../node/deeplab.ts'
import { percentText, secondsText } from '../../format.ts'
import { inferenceOf } from '../../inference_options.ts'
import { catchSignals } from '../../interrupt.ts'
import { loadModel } from '../../model.ts'
import { isQuiet } from '../../quiet.ts'
import type { SegmentCommandOptions } from '../segment_photos.ts'
import { showProgress, Throughput } from '../throughput.ts'
import { type VideoFacts, videoFacts } from './video_facts.ts'
import { videoFrames } from './video_frames.ts'
import { openOutput, type VideoOutput } from './video_output.ts'

/** Options of `segment` that make no sense for a video, or are not there for it yet. */
const NOT_FOR_VIDEOS = [
  ...(['list', 'recursive', 'shard', 'manifest', 'resume', 'probabilities', 'cutout', 'background'] as const),
  ...(['crf', 'tile', 'overlap', 'explain'] as const),
]

interface VideoResult {
  file: string
  width: number
  height: number
  frames: number
  seconds: number
  /** The mean share of the still pixels whose class changes; null for a single frame. */
  flicker: number | null
}

/** Throws a UserError for options that it does not take, before anything is read. */
export async function segmentVideo(file: string, options: SegmentCommandOptions): Promise<void> {
  const wrong = NOT_FOR_VIDEOS.find(name => options[name] !== undefined)
  if (wrong) throw new UserError(`--${flagName(wrong)}: not for a video (${file})`)
  if (!options.mask) throw new UserError('--no-mask: a video gets masks, or --out NAME.mp4 for an overlay')
  if (options.out === '-') throw new UserError('--out -: expected a folder or the name of a video')
  const facts = await videoFacts(file)
  const output = await openOutput(options, facts.rate)
  const model = await loadModel(options.model, options)
  try {
    const result = await run(model, { file, facts, output, options })
    if (options.json) console.log(JSON.stringify([{ ...result, output: output.shown }], undefined, 2))
    else if (!isQuiet()) console.log(lineOf(result, output))
  } finally {
    await output.abandon()
    await model.dispose()
  }
}

async function run(
  model: DeepLab,
  {
    file,
    facts,
    output,
    options,
  }: { file: string; facts: VideoFacts; output: VideoOutput; options: SegmentCommandOptions },
): Promise<VideoResult> {
  // A kernel that is chosen in the middle may round otherwise, which would be flicker.
  await model.stopTuning()
  const interrupt = catchSignals()
  const { signal } = interrupt
  const throughput = new Throughput('frames')
  const progress = showProgress(throughput, { total: Promise.resolve(facts.frames), lines: false })
  const flicker = new Flicker()
  const start = performance.now()
  let size = { width: 0, height: 0 }
  let frames = 0
  try {
    const own = { ...inferenceOf(options), smoothing: options.smoothing, signal }
    for await (const each of model.segmentFrames(videoFrames(file, { rate: facts.rate, signal }), own)) {
      const { index, source, result } = each
      size = { width: result.width, height: result.height }
      flicker.add({ image: source, mask: result.mask })
      await output.write(source, result, index)
      throughput.segmented({ pixels: size.width * size.height })
      frames++
    }
    interrupt.check()
    if (frames === 0) throw new UserError(`${file}: there is no frame in this video`)
    await output.finish()
  } catch (error) {
    interrupt.check() // what a signal ended fails in many ways
    throw error
  } finally {
    progress.stop()
    if (interrupt.error && !isQuiet()) console.error(`${interrupt.error.message}: ${frames} frames segmented`)
    interrupt.release()
  }
  const seconds = (performance.now() - start) / 1000
  return { file, ...size, frames, seconds, flicker: flicker.mean ?? null }
}

function lineOf(
  { file, width, height, frames, seconds, flicker }: VideoResult,
  { shown }: VideoOutput,
): string {
  const calm = flicker === null ? '' : `, flicker ${percentText(flicker)}`
  return `${file}: ${frames} frames of ${width}×${height}${calm} → ${shown} (${secondsText(1000 * seconds)})`
}
