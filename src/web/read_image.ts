import type { Image } from '../data/image.ts'
import { UserError } from '../errors.ts'
import { MAX_PHOTO_PIXELS } from '../library/pixels.ts'
import { checkOptions, type DeclaredOptions, shown } from '../options.ts'
import { type ImageSource, readSource } from './photo_source.ts'

export interface ReadImageOptions {
  /** The most pixels that `data` may have; a larger photo is shrunk to fit. Default: 2²⁸. */
  maxPixels?: number
  /** The name in messages of a photo without its own. Default: image. */
  name?: string
}

const READ_OPTIONS: DeclaredOptions<ReadImageOptions> = { maxPixels: true, name: true }

/** Reads a photo as `segment` does, for a dataset. Throws a UserError for one that cannot be read. */
export async function readImage(photo: ImageSource, options: ReadImageOptions = {}): Promise<Image> {
  checkOptions(options, READ_OPTIONS)
  const { maxPixels = MAX_PHOTO_PIXELS, name = 'image' } = options
  if (!(typeof maxPixels === 'number' && maxPixels >= 1))
    throw new UserError(`maxPixels: expected a number of pixels from 1 up, got ${shown(maxPixels)}`)
  return readSource(photo, { maxPixels, name })
}
