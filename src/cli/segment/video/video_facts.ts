// What ffprobe says of a video before anything is decoded.

import * as v from 'valibot'
import { UserError } from '../../../errors.ts'
import { fileUrl, LOCAL_ONLY, probe } from './ffmpeg.ts'

export interface VideoFacts {
  /** Frames a second as a fraction, such as 30000/1001. */
  rate: string
  /** How many frames there are, about, if the file says so. */
  frames?: number
}

const PROBED = v.object({
  streams: v.array(
    v.object({
      avg_frame_rate: v.optional(v.string()),
      nb_frames: v.optional(v.string()),
      duration: v.optional(v.string()),
    }),
  ),
  format: v.optional(v.object({ duration: v.optional(v.string()) })),
})

/** Throws a UserError for a file that is no video or has no pictures, and where there is no ffprobe. */
export async function videoFacts(file: string): Promise<VideoFacts> {
  const entries = 'stream=avg_frame_rate,nb_frames,duration:format=duration'
  const text = await probe(file, [
    ...['-v', 'error', ...LOCAL_ONLY, '-select_streams', 'v:0', '-show_entries', entries],
    ...['-of', 'json', fileUrl(file)],
  ])
  const { streams, format } = v.parse(PROBED, JSON.parse(text))
  if (streams.length === 0) throw new UserError(`${file}: there is no video in this file, only sound or text`)
  const [{ avg_frame_rate = '', nb_frames, duration = format?.duration }] = streams
  const [, above, below] = /^(\d+)\/(\d+)$/.exec(avg_frame_rate) ?? []
  const perSecond = Number(above) / Number(below)
  const isKnown = perSecond > 0 && Number.isFinite(perSecond)
  const frames = Number(nb_frames ?? (isKnown ? Math.round(Number(duration) * perSecond) : Number.NaN))
  return { rate: isKnown ? avg_frame_rate : DEFAULT_RATE, frames: frames > 0 ? frames : undefined }
}

/** Of a video that does not say. */
const DEFAULT_RATE = '25/1'
