// Files of images of 1 to 8 channels: TIFF and .npy, and of photos' formats those that have the channels.

import sharp from 'sharp'
import type { Image } from '../../data/image.ts'
import { UserError } from '../../errors.ts'
import { MAX_PHOTO_PIXELS } from '../../library/pixels.ts'
import { checkSampleCount, sampledImage } from '../../library/samples.ts'
import { printable } from '../../printable.ts'
import { isNpy } from '../npy.ts'
import { photoFormat } from './photo_format.ts'
import { expectChannels, type SamplesFile } from './samples_format.ts'
import { openNpy } from './samples_npy.ts'
import { openTiff } from './samples_tiff.ts'

/**
 * An image of so many channels. Throws a UserError for a file that is not such an image, that has other channels or more numbers than
 * `most`, or a number that is not finite.
 */
export async function readSamples(
  bytes: Uint8Array,
  { channels, most }: { channels: number; most: number },
): Promise<Image> {
  const { width, height, read } = await openSamples(bytes, channels)
  checkSampleCount(null, { width, height, channels }, most)
  return sampledImage({ width, height, channels, data: await read() }, null)
}

/** Reads the header. Throws a UserError for a file that is not an image of so many channels. */
export async function openSamples(bytes: Uint8Array, channels: number): Promise<SamplesFile> {
  if (bytes.length === 0) throw new UserError('the file is empty')
  if (isNpy(bytes)) return openNpy(bytes, channels)
  const format = photoFormat(bytes)
  if (format === 'tiff') return openTiff(bytes, channels)
  if (format) return openPhoto(bytes, channels)
  throw new UserError('not a TIFF, .npy, PNG, JPEG, WebP, AVIF or GIF image, or a damaged one')
}

/** A photo's own channels, without a change of colours. Pictures have up to four. */
async function openPhoto(bytes: Uint8Array, channels: number): Promise<SamplesFile> {
  const photo = sharp(bytes, { failOn: 'error', limitInputPixels: MAX_PHOTO_PIXELS })
  const header = await photo.metadata().catch(refuseDamaged)
  expectChannels(header.isPalette ? 3 : header.channels, channels)
  const is16 = header.depth === 'ushort'
  return {
    width: header.width,
    height: header.height,
    async read() {
      const pixels = photo.pipelineColourspace(header.space).toColourspace(header.space)
      const raw = pixels.raw({ depth: is16 ? 'ushort' : 'uchar' })
      const { data, info } = await raw.toBuffer({ resolveWithObject: true }).catch(refuseDamaged)
      expectChannels(info.channels, channels)
      const copy = new Uint8Array(data) // its memory begins where 16-bit numbers may begin
      return is16 ? new Uint16Array(copy.buffer) : copy
    },
  }
}

function refuseDamaged(error: Error): never {
  throw new UserError(`damaged or cut short (${printable(error.message.split('\n', 1)[0])})`)
}
