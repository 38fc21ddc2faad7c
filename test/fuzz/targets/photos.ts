import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import { readImage, readImageSize } from '../../../src/node/images/image.ts'
import { randomSource } from '../../reference/random.ts'
import { damageImage } from '../../support/image_mutants.ts'
import { pick } from '../../support/mutants.ts'
import type { FuzzTarget } from '../target.ts'

const WIDTH = 40
const HEIGHT = 30

/** A photo of four colours with some noise, rotated, with EXIF and a colour profile. */
function photo(): Sharp {
  const next = randomSource(5)
  const data = Uint8Array.from({ length: WIDTH * HEIGHT * 3 }, (_, i) => {
    const right = Math.floor(i / 3) % WIDTH > WIDTH / 2
    const low = i > (WIDTH * HEIGHT * 3) / 2
    return (right ? 200 : 40) - (low ? 30 : 0) + 10 * next()
  })
  return sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .withExif({ IFD0: { Copyright: 'nobody' } })
    .withMetadata({ orientation: 6 })
    .keepIccProfile()
}

function animation(): Sharp {
  const data = new Uint8Array(8 * 24 * 3).map((_, i) => i)
  return sharp(data, { raw: { width: 8, height: 24, channels: 3, pageHeight: 8 } })
}

/** The undamaged files of each format. */
const wholes: Record<string, () => Sharp[]> = {
  jpeg: () => [
    photo().jpeg(),
    photo().jpeg({ progressive: true, chromaSubsampling: '4:4:4' }),
    photo().toColourspace('cmyk').jpeg(),
    photo().greyscale().jpeg({ optimiseCoding: false }),
  ],
  png: () => [
    photo().png(),
    photo().png({ progressive: true }),
    photo().png({ palette: true }),
    photo().ensureAlpha(0.5).toColourspace('rgb16').png(),
  ],
  webp: () => [photo().webp(), photo().ensureAlpha(0.5).webp({ lossless: true }), animation().webp()],
  avif: () => [
    photo().avif({ effort: 0 }),
    photo().ensureAlpha(0.5).avif({ effort: 0, lossless: true, chromaSubsampling: '4:4:4' }),
    photo().avif({ effort: 0, bitdepth: 12 }),
  ],
  gif: () => [photo().gif(), animation().gif()],
  tiff: () =>
    (['none', 'lzw', 'deflate', 'jpeg', 'packbits'] as const)
      .map(compression => photo().tiff({ compression }))
      .concat(
        photo().tiff({ compression: 'deflate', tile: true, tileWidth: 16, tileHeight: 16, pyramid: true }),
      ),
}

/** One target for each format. Rounds read files and bytes in turn. */
export const photos: FuzzTarget[] = Object.entries(wholes).map(([format, make]) => ({
  name: `photo-${format}`,
  async prepare(folder) {
    const files = await Promise.all(make().map(image => image.toBuffer()))
    for (const file of files) await readImage(file, { maxPixels: 100 })
    const path = join(folder, 'photo')
    return async random => {
      const bytes = damageImage(pick(files, random), random)
      const maxPixels = pick([100, 2 ** 25], random)
      if (random() < 0.5) return readImage(bytes, { maxPixels })
      await writeFile(path, bytes)
      const size = await readImageSize(path)
      const image = await readImage(path, { maxPixels })
      if (image.originalWidth !== size.width || image.originalHeight !== size.height)
        throw new Error('the header has another size')
      if (image.data.length !== image.width * image.height * 4) throw new Error('the pixels are not whole')
    }
  },
}))
