// The motion between two frames by matching blocks: for each cell of the network's scores, where its block of the photo was before.

import type { Image } from '../../src/data/image.ts'

/** For each cell, from where it came, in cells. */
export interface Motion {
  dx: Float32Array
  dy: Float32Array
}

/** The farthest motion that is looked for, in pixels. */
const REACH = 6
/** A block stays where it is unless another place fits better by this factor: noise alone fits no place. */
const GAIN = 0.8

export function blockMotion(
  before: Image,
  now: Image,
  { width, height }: { width: number; height: number },
): Motion {
  const [old, grey] = [greysOf(before), greysOf(now)]
  const [wide, high] = [now.width / width, now.height / height]
  const motion: Motion = { dx: new Float32Array(width * height), dy: new Float32Array(width * height) }
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++) {
      const block = { left: Math.floor(column * wide), top: Math.floor(row * high), wide, high }
      const difference = (dx: number, dy: number) =>
        blockDifference({ old, grey, image: now }, block, { dx, dy })
      let best = GAIN * difference(0, 0)
      for (let dy = -REACH; dy <= REACH; dy++)
        for (let dx = -REACH; dx <= REACH; dx++) {
          const found = difference(dx, dy)
          if (found >= best) continue
          best = found
          const cell = row * width + column
          motion.dx[cell] = dx / wide
          motion.dy[cell] = dy / high
        }
    }
  return motion
}

const greysOf = ({ data }: Image): Uint8Array =>
  Uint8Array.from(
    { length: data.length / 4 },
    (_, i) => 0.299 * data[4 * i] + 0.587 * data[4 * i + 1] + 0.114 * data[4 * i + 2],
  )

/** The sum of the absolute differences of grey, of a block and another place of the last frame. */
function blockDifference(
  { old, grey, image }: { old: Uint8Array; grey: Uint8Array; image: Image },
  { left, top, wide, high }: { left: number; top: number; wide: number; high: number },
  { dx, dy }: { dx: number; dy: number },
): number {
  let sum = 0
  for (let y = top; y < Math.min(image.height, top + high); y++)
    for (let x = left; x < Math.min(image.width, left + wide); x++) {
      const v = Math.max(0, Math.min(image.height - 1, y + dy))
      const u = Math.max(0, Math.min(image.width - 1, x + dx))
      sum += Math.abs(grey[y * image.width + x] - old[v * image.width + u])
    }
  return sum
}
