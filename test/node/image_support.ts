import { expect } from 'chai'
import sharp from 'sharp'

export const RED = [255, 0, 0]
export const GREEN = [0, 255, 0]
export const BLUE = [0, 0, 255]
export const GREY = [100, 100, 100]
export const BLACK = [0, 0, 0]
export const WHITE = [255, 255, 255]

/** 3 wide, 2 high, every pixel of a different colour. */
export const colours = [RED, GREEN, BLUE, GREY, BLACK, WHITE]
export const small = () => sharp(Buffer.from(colours.flat()), { raw: { width: 3, height: 2, channels: 3 } })

/** The same in squares of 16 pixels, whose centres survive a lossy format. */
export const large = () => small().resize(48, 32, { kernel: 'nearest' })

export const unlimited = { maxPixels: Infinity }
export const rgba = (pixels: number[][]) => pixels.flatMap(pixel => [...pixel, 255])

/** The colours at the centres of the 16×16 squares, in the order of `rgba`. */
export function middles({
  data,
  width,
  height,
}: {
  data: Uint8Array
  width: number
  height: number
}): number[] {
  const found: number[] = []
  for (let y = 8; y < height; y += 16) {
    for (let x = 8; x < width; x += 16) found.push(...data.subarray((y * width + x) * 4).subarray(0, 4))
  }
  return found
}

export function expectNear(found: ArrayLike<number>, wanted: number[], tolerance: number) {
  expect(found).to.have.length(wanted.length)
  const worst = Math.max(...wanted.map((value, i) => Math.abs(value - found[i])))
  expect(worst).to.be.at.most(tolerance)
}
