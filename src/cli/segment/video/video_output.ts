// Where the masks of a video go: to PNGs in a folder, or to a video with the classes' colours over the picture.

import { once } from 'node:events'
import { opendir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Image } from '../../../data/image.ts'
import { UserError } from '../../../errors.ts'
import { tintPhoto } from '../../../library/overlay.ts'
import { writeFileAtomic } from '../../../node/files/atomic.ts'
import { fileError } from '../../../node/files/file_error.ts'
import { makeFolder } from '../../../node/files/make_folder.ts'
import { sweepOnce, temporaryPath } from '../../../node/files/temporary.ts'
import { isMarked, markPng } from '../../../node/images/result_mark.ts'
import type { Segmentation } from '../../../node/segmentation.ts'
import { checkWritable, refuseExisting } from '../../output.ts'
import { fileUrl, startProgram } from './ffmpeg.ts'
import { videoMuxer } from './video_names.ts'

export interface VideoOutput {
  /** For messages. */
  readonly shown: string
  write(frame: Image, found: Segmentation<'mask'>, index: number): Promise<void>
  /** Ends the output: only now a video has its name. */
  finish(): Promise<void>
  /** Ends what is not finished, and leaves nothing half-written. */
  abandon(): Promise<void>
}

interface VideoOutputOptions {
  out: string
  overwrite?: true
  /** The opacity of the overlay. */
  opacity?: number
}

/** Throws a UserError, before anything is computed, if the output cannot be written or would replace a file of the user. */
export async function openOutput(options: VideoOutputOptions, rate: string): Promise<VideoOutput> {
  const { out, overwrite } = options
  const muxer = videoMuxer(out)
  if (muxer === undefined) {
    await checkWritable(out)
    if (!overwrite) await refuseForeign(out)
    return masks(out)
  }
  await checkWritable(dirname(out))
  if (!overwrite) await refuseExisting([out], '--overwrite replaces it')
  return new OverlayVideo(options, { rate, muxer })
}

const MASK_NAME = /^frame-\d{6,}\.mask\.png$/

function masks(folder: string): VideoOutput {
  return {
    shown: join(folder, 'frame-*.mask.png'),
    async write(_, found, index) {
      const name = `frame-${String(index + 1).padStart(6, '0')}.mask.png`
      await writeFileAtomic(join(folder, name), markPng(found.maskPng()))
    },
    async finish() {},
    async abandon() {}, // each mask is whole
  }
}

/** Throws a UserError if a file with the name of a mask is not an unchanged mask of an earlier run. */
async function refuseForeign(folder: string): Promise<void> {
  const opened = await opendir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw fileError(folder, error)
  })
  for await (const { name } of opened ?? []) {
    const file = join(folder, name)
    if (MASK_NAME.test(name) && !(await isMarked(file)))
      throw new UserError(
        `${file} exists and is not an unchanged result of atrous segment: --overwrite replaces it, --out takes another folder`,
      )
  }
}

/** A video that ffmpeg encodes of the frames. It has a temporary name until it is whole. */
class OverlayVideo implements VideoOutput {
  readonly #options: VideoOutputOptions
  readonly #video: { rate: string; muxer: string }
  readonly #temporary: string
  #ffmpeg: ReturnType<typeof startProgram> | undefined
  #size: { width: number; height: number } | undefined

  constructor(options: VideoOutputOptions, video: { rate: string; muxer: string }) {
    this.#options = options
    this.#video = video
    this.#temporary = temporaryPath(dirname(options.out))
  }

  get shown(): string {
    return this.#options.out
  }

  async write(frame: Image, { mask, width, height, classes }: Segmentation<'mask'>): Promise<void> {
    const { opacity, out } = this.#options
    this.#ffmpeg ??= await this.#start(frame)
    const ffmpeg = this.#ffmpeg
    if (frame.width !== this.#size!.width || frame.height !== this.#size!.height)
      throw new UserError(
        `${out}: the video's frames change their size, which an overlay cannot: write masks`,
      )
    const { buffer } = tintPhoto(frame, { mask, width, height, classes }, { opacity })
    if (ffmpeg.stdin.write(new Uint8Array(buffer))) return
    await Promise.race([once(ffmpeg.stdin, 'drain'), ffmpeg.ended()])
    if (!ffmpeg.stdin.writable) await ffmpeg.ended() // throws why it ended early
  }

  async finish(): Promise<void> {
    if (!this.#ffmpeg) return
    this.#ffmpeg.stdin.end()
    await this.#ffmpeg.ended()
    this.#ffmpeg = undefined
    const { out } = this.#options
    await rename(this.#temporary, out).catch(error => {
      throw fileError(out, error)
    })
  }

  async abandon(): Promise<void> {
    if (!this.#ffmpeg) return
    this.#ffmpeg.stop()
    await this.#ffmpeg.ended().catch(() => undefined)
    await rm(this.#temporary, { force: true })
  }

  async #start({ width, height }: Image): Promise<ReturnType<typeof startProgram>> {
    const { out } = this.#options
    const { rate, muxer } = this.#video
    const folder = dirname(out)
    await makeFolder(folder)
    await sweepOnce(folder)
    this.#size = { width, height }
    const input = ['-f', 'rawvideo', '-pix_fmt', 'rgb24', '-s', `${width}x${height}`, '-framerate', rate]
    return startProgram('ffmpeg', { file: out, task: 'write' }, [
      ...['-v', 'error', ...input, '-i', 'pipe:0', '-an'],
      // Common players show only this format, in which each colour has an even number of rows and columns.
      ...['-vf', 'pad=ceil(iw/2)*2:ceil(ih/2)*2', '-pix_fmt', 'yuv420p'],
      ...['-f', muxer, '-y', fileUrl(this.#temporary)],
    ])
  }
}
