// A video's frames, one after the other, from a pipe. ffmpeg waits where they are not taken, so that memory does not grow.

import type { Image } from '../../../data/image.ts'
import { UserError } from '../../../errors.ts'
import { ownSize } from '../../../inference/photo.ts'
import { checkSize } from '../../../library/pixels.ts'
import { fileUrl, LOCAL_ONLY, startProgram } from './ffmpeg.ts'
import type { VideoFacts } from './video_facts.ts'

/**
 * The frames in their order, upright, at the video's mean rate. Throws a UserError for a video that is damaged or cut off, after the frames
 * before that. Leaving the loop ends ffmpeg, as the signal does.
 */
export async function* videoFrames(
  file: string,
  { rate, signal }: Pick<VideoFacts, 'rate'> & { signal?: AbortSignal },
): AsyncGenerator<Image> {
  const ffmpeg = startProgram('ffmpeg', { file, task: 'read' }, [
    ...[
      '-nostdin',
      '-v',
      'error',
      '-xerror',
      ...LOCAL_ONLY,
      '-i',
      fileUrl(file),
      '-map',
      '0:v:0',
      '-r',
      rate,
    ],
    // Each image says its size: that of a phone's video is known when ffmpeg has turned it.
    ...['-f', 'image2pipe', '-c:v', 'pam', '-pix_fmt', 'rgba', 'pipe:1'],
  ])
  signal?.addEventListener('abort', ffmpeg.stop, { once: true })
  const pipe = new Bytes(ffmpeg.stdout)
  let count = 0
  try {
    for (;;) {
      const frame = await readFrame(pipe, file).catch(async error => {
        await ffmpeg.ended() // it may say more
        throw error
      })
      signal?.throwIfAborted()
      if (!frame) break
      count++
      yield frame
    }
    const messages = await ffmpeg.ended()
    // ffmpeg takes it for an end like any other.
    if (/ended prematurely/i.test(messages)) throw new UserError(`${file}: the file ends before the video`)
  } catch (error) {
    if (count === 0 || !(error instanceof UserError)) throw error
    throw new UserError(`${error.message}, after ${count} frames: it is damaged or cut off`, { cause: error })
  } finally {
    signal?.removeEventListener('abort', ffmpeg.stop)
    ffmpeg.stop()
  }
}

const HEADER_END = 'ENDHDR\n'
/** The longest header that ffmpeg writes has fewer bytes. */
const MAX_HEADER = 200

/** The next image of a pipe of PAM images; undefined at its end. */
async function readFrame(pipe: Bytes, file: string): Promise<Image | undefined> {
  let header = ''
  while (!header.endsWith(HEADER_END)) {
    const byte = await pipe.take(1)
    if (!byte && header === '') return undefined
    if (!byte || header.length > MAX_HEADER) throw new UserError(`${file}: ffmpeg's output is no image`)
    header += String.fromCharCode(byte[0])
  }
  const sideOf = (name: string) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(header)?.[1])
  const size = checkSize(file, { width: sideOf('WIDTH'), height: sideOf('HEIGHT') })
  const data = await pipe.take(size.width * size.height * 4)
  if (!data) throw new UserError(`${file}: ffmpeg ended within a frame`)
  return { ...ownSize(size), data }
}

/** The bytes of a pipe, so many as are asked for. No more are read than the pipe hands over at a time. */
class Bytes {
  readonly #chunks: AsyncIterator<Uint8Array>
  #rest: Uint8Array = new Uint8Array()

  constructor(pipe: AsyncIterable<Uint8Array>) {
    this.#chunks = pipe[Symbol.asyncIterator]()
  }

  /** Undefined if the pipe ends before so many. */
  async take(count: number): Promise<Uint8Array | undefined> {
    const taken = new Uint8Array(count)
    let filled = 0
    for (;;) {
      const part = this.#rest.subarray(0, count - filled)
      taken.set(part, filled)
      filled += part.length
      this.#rest = this.#rest.subarray(part.length)
      if (filled === count) return taken
      const next = await this.#chunks.next()
      if (next.done) return undefined
      this.#rest = next.value
    }
  }
}
