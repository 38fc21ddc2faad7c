import type { DeepLabOptions } from '../../src/model/config.ts'
import type { Image } from '../../src/node/index.ts'
import { randomSource } from '../reference/random.ts'

/** A whole network, small enough for quick tests. */
export const TINY: DeepLabOptions = {
  backbone: 'resnet50',
  units: [1, 1, 1, 1],
  multiGrid: [1],
  width: 1 / 16,
  classes: 5,
}

/** Coarse blocks of random colours. Unlike noise in single pixels they survive resizing, so that several classes occur. */
export function blocksPhoto(width: number, height: number, seed = 1): Image {
  const next = randomSource(seed)
  const colours = Array.from({ length: 64 }, () => [next() * 256, next() * 256, next() * 256, 255])
  const data = new Uint8Array(width * height * 4)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const block = Math.floor((x * 8) / width) + 8 * Math.floor((y * 8) / height)
      data.set(colours[block], (y * width + x) * 4)
    }
  return { width, height, data, originalWidth: width, originalHeight: height }
}
