// Weights and images from a hash of (name, element index), so that golden files need no weights. seeded.py makes the same values,
// bit for bit.

import type { Parameter } from '../../src/graph/ir/tensor.ts'

/** A parameter in PyTorch's layout. Its name and rank determine its range. */
export function seededParameter({ name, shape }: Parameter): Float32Array {
  const count = product(shape)
  if (shape.length === 4) {
    // Half the variance of He's rule, so that 33 residual units do not overflow; twice it for depthwise, so that ReLU6 clips at
    // both ends.
    const bound = Math.sqrt((shape[1] === 1 ? 12 : 3) / product(shape.slice(1)))
    return uniform(name, count, [-bound, bound])
  }
  if (name.endsWith('.bias') || name.endsWith('.running_mean')) return uniform(name, count, [-0.2, 0.2])
  // Half as much in Xception, where no ReLU6 stands after a depthwise convolution, so that 21 blocks do not overflow.
  return uniform(name, count, name.endsWith('.bn_dw.weight') ? [0.25, 0.75] : [0.5, 1.5])
}

/** A normalised image [1, height, width, 3]. */
export const seededImage = (height: number, width: number): Float32Array =>
  uniform('image', height * width * 3, [-2, 2])

function uniform(name: string, count: number, [low, high]: readonly [number, number]): Float32Array {
  const values = new Float32Array(count)
  const [seed, span] = [fnv1a(name), high - low]
  for (let i = 0; i < count; i++) {
    let x = (Math.imul(i, 0x9e3779b9) + seed) | 0
    x = Math.imul(x ^ (x >>> 16), 0x7feb352d)
    x = Math.imul(x ^ (x >>> 15), 0x846ca68b)
    x ^= x >>> 16
    values[i] = low + span * ((x >>> 8) / 2 ** 24)
  }
  return values
}

function fnv1a(name: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  return hash
}

const product = (sizes: readonly number[]) => sizes.reduce((a, b) => a * b, 1)
