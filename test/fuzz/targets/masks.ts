import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encode } from 'fast-png'
import sharp from 'sharp'
import { readMaskPng } from '../../../src/node/images/mask_png.ts'
import { damageImage } from '../../support/image_mutants.ts'
import { pick } from '../../support/mutants.ts'
import type { FuzzTarget } from '../target.ts'

const [width, height] = [21, 13]

/** Masks of every depth, plain and interlaced, from two encoders. */
async function wholes(): Promise<Uint8Array[]> {
  const palettes = [2, 4, 16, 256].flatMap(colours =>
    [false, true].map(progressive => {
      const data = Uint8Array.from(
        { length: width * height },
        (_, i) => (i % colours) * (255 / (colours - 1)),
      )
      const grey = sharp(data, { raw: { width, height, channels: 1 } })
      return grey.png({ palette: true, colours, progressive, dither: 0 }).toBuffer()
    }),
  )
  const mask = new Uint8Array(width * height).map((_, i) => i % 3)
  return [
    ...(await Promise.all(palettes)),
    encode({ data: mask, width, height, channels: 1, depth: 8, text: { Software: 'a text' } }),
  ]
}

export const masks: FuzzTarget = {
  name: 'mask',
  async prepare(folder) {
    const files = await wholes()
    const path = join(folder, 'mask.png')
    return async random => {
      await writeFile(path, damageImage(pick(files, random), random))
      const found = await readMaskPng(path)
      if (found.mask.length !== found.width * found.height) throw new Error('the mask is not whole')
    }
  },
}
