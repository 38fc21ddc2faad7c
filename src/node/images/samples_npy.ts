// NumPy's arrays as images.

import { UserError } from '../../errors.ts'
import type { Size } from '../../library/pixels.ts'
import { type NpyArray, npyHeader, npyNumbers } from '../npy.ts'
import type { SamplesFile } from './samples_format.ts'

/**
 * H × W for one channel; H × W × C if the last axis has the network's channels; else C × H × W if the first has.
 * Throws a UserError for another shape.
 */
export function openNpy(bytes: Uint8Array, channels: number): SamplesFile {
  const array = npyHeader(bytes)
  const axes = axesOf(array, channels)
  const { width, height } = axes
  return {
    width,
    height,
    read: async () => {
      const numbers = npyNumbers(bytes, array)
      const { strides } = axes
      if (strides.channel === 1 && strides.x === channels) return numbers
      const ordered = new (numbers.constructor as Uint8ArrayConstructor)(numbers.length)
      let to = 0
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++)
          for (let channel = 0; channel < channels; channel++)
            ordered[to++] = numbers[y * strides.y + x * strides.x + channel * strides.channel]
      return ordered
    },
  }
}

interface Axes extends Size {
  /** How far neighbours along an axis are apart, in numbers. */
  strides: { x: number; y: number; channel: number }
}

function axesOf({ shape, isFortran }: NpyArray, channels: number): Axes {
  const whole = shape.length === 2 ? [...shape, 1] : shape
  const isLast = whole.length === 3 && whole[2] === channels
  if (!isLast && !(shape.length === 3 && shape[0] === channels))
    throw new UserError(
      `an array of ${shape.join(' × ')}: expected height × width × ${channels}, as the network takes ${channels} channel${channels === 1 ? '' : 's'}, or ${channels} × height × width`,
    )
  const steps = whole.map((_, axis) =>
    (isFortran ? whole.slice(0, axis) : whole.slice(axis + 1)).reduce((a, b) => a * b, 1),
  )
  const [y, x, channel] = isLast ? [0, 1, 2] : [1, 2, 0]
  const [height, width] = [whole[y], whole[x]]
  if (height === 0 || width === 0) throw new UserError(`an array of ${shape.join(' × ')} has no pixels`)
  return { width, height, strides: { x: steps[x], y: steps[y], channel: steps[channel] } }
}
