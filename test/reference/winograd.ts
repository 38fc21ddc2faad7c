import { activate } from './activation.ts'
import { type Array4, indexOf, type Weight, zeros } from './array4.ts'
import { type Conv2d, conv2dShape } from './conv2d.ts'

/** Outputs of a tile along an axis. */
export type Outputs = 2 | 3 | 4

/** y = output · (weight·w ∘ input·d) is the correlation of d with w, for the d that the tile allows. */
interface Matrices {
  /** points × (outputs + 2) */
  input: number[][]
  /** points × 3 */
  weight: number[][]
  /** outputs × points */
  output: number[][]
}

/** In the order and to the scale of the shaders: points 0, ½, −½, 3/2, −3/2, ∞, of 3 outputs without 0; of 2, Karatsuba's form. */
export const matrices: Record<Outputs, Matrices> = {
  2: {
    input: [
      [0, 1, 0, 0],
      [0, 1, 1, 0],
      [0, 0, 1, 0],
    ],
    weight: [
      [1, -1, 0],
      [0, 1, 0],
      [0, -1, 1],
    ],
    output: [
      [0, 1, 1],
      [1, 1, 0],
    ],
  },
  3: {
    input: [
      [-9, -18, 4, 8, 0],
      [9, -18, -4, 8, 0],
      [-3, -2, 12, 8, 0],
      [3, -2, -12, 8, 0],
      [9, 0, -40, 0, 16],
    ],
    weight: [
      [-1 / 16, -1 / 32, -1 / 64],
      [1 / 16, -1 / 32, 1 / 64],
      [1 / 48, 1 / 32, 3 / 64],
      [-1 / 48, 1 / 32, -3 / 64],
      [0, 0, 1 / 16],
    ],
    output: [
      [1, 1, 1, 1, 0],
      [1 / 2, -1 / 2, 3 / 2, -3 / 2, 0],
      [1 / 4, 1 / 4, 9 / 4, 9 / 4, 1],
    ],
  },
  4: {
    input: [
      [9, 0, -40, 0, 16, 0],
      [0, -9, -18, 4, 8, 0],
      [0, 9, -18, -4, 8, 0],
      [0, -3, -2, 12, 8, 0],
      [0, 3, -2, -12, 8, 0],
      [0, 9, 0, -40, 0, 16],
    ],
    weight: [
      [1 / 9, 0, 0],
      [-1 / 8, -1 / 16, -1 / 32],
      [-1 / 8, 1 / 16, -1 / 32],
      [1 / 72, 1 / 48, 1 / 32],
      [1 / 72, -1 / 48, 1 / 32],
      [0, 0, 1 / 16],
    ],
    output: [
      [1, 1, 1, 1, 1, 0],
      [0, 1 / 2, -1 / 2, 3 / 2, -3 / 2, 0],
      [0, 1 / 4, 1 / 4, 9 / 4, 9 / 4, 0],
      [0, 1 / 8, -1 / 8, 27 / 8, -27 / 8, 1],
    ],
  },
}

/** The first output of a tile; its others are a dilation apart. */
export interface Tile {
  n: number
  y: number
  x: number
}

/** All tiles of a convolution, in the order of the kernels: along an axis the first of every phase, then the second … */
export function tilesOf(conv: Conv2d, outputs: Outputs): Tile[] {
  const [n, h, w] = conv2dShape(conv)
  const along = (size: number) => {
    const starts: number[] = []
    for (let tile = 0; tile * outputs * conv.dilation < size; tile++)
      for (let phase = 0; phase < conv.dilation; phase++) {
        const start = phase + tile * outputs * conv.dilation
        if (start < size) starts.push(start)
      }
    return starts
  }
  const images = Array.from({ length: n }, (_, image) => image)
  return images.flatMap(image => along(h).flatMap(y => along(w).map(x => ({ n: image, y, x }))))
}

/**
 * Makes left · square · leftᵀ of a square. Squares are given and returned row by row. The product is one of a matrix, which is made
 * once, and a vector: layers have so many squares that arrays of arrays would take most of a test's time.
 */
function onBothSides(left: number[][]): (square: Float64Array) => Float64Array {
  const factors = left.flatMap(down =>
    left.map(along => Float64Array.from(down.flatMap(y => along.map(x => y * x)))),
  )
  return square => {
    const transformed = new Float64Array(factors.length)
    for (let at = 0; at < factors.length; at++) {
      let sum = 0
      for (let i = 0; i < square.length; i++) sum += factors[at][i] * square[i]
      transformed[at] = sum
    }
    return transformed
  }
}

/** A square's values, row by row. */
function square(size: number, value: (y: number, x: number) => number): Float64Array {
  const values = new Float64Array(size * size)
  for (let at = 0; at < values.length; at++) values[at] = value(Math.floor(at / size), at % size)
  return values
}

/** [points², tiles, channels]: what lies under each tile, at the points. */
export function winogradInput(conv: Conv2d, outputs: Outputs, tiles: Tile[]): Float64Array {
  const { input, dilation, padding } = conv
  const [, h, w, channels] = input.shape
  const points = matrices[outputs].input.length
  const data = new Float64Array(points ** 2 * tiles.length * channels)
  const transform = onBothSides(matrices[outputs].input)
  tiles.forEach((tile, t) => {
    for (let c = 0; c < channels; c++) {
      const under = square(outputs + 2, (j, i) => {
        const y = tile.y + j * dilation - padding.top
        const x = tile.x + i * dilation - padding.left
        return y < 0 || y >= h || x < 0 || x >= w ? 0 : input.data[indexOf(input.shape, tile.n, y, x, c)]
      })
      transform(under).forEach((value, point) => {
        data[(point * tiles.length + t) * channels + c] = value
      })
    }
  })
  return data
}

/** [points², in, out]: a 3×3 weight at the points. */
export function winogradWeight({ shape, data }: Weight, outputs: Outputs): Float64Array {
  const [out, channels] = shape
  const points = matrices[outputs].weight.length
  const transformed = new Float64Array(points ** 2 * channels * out)
  const transform = onBothSides(matrices[outputs].weight)
  for (let o = 0; o < out; o++)
    for (let i = 0; i < channels; i++) {
      const taps = square(3, (ky, kx) => data[((o * channels + i) * 3 + ky) * 3 + kx])
      transform(taps).forEach((value, point) => {
        transformed[(point * channels + i) * out + o] = value
      })
    }
  return transformed
}

interface Sizes {
  points: number
  tiles: number
  inChannels: number
  outChannels: number
}

/** [points, tiles, in] × [points, in, out] → [points, tiles, out] */
export function winogradMultiply(tiles: Float64Array, weight: Float64Array, sizes: Sizes): Float64Array {
  const { points, inChannels, outChannels } = sizes
  const products = new Float64Array(points * sizes.tiles * outChannels)
  for (let p = 0; p < points; p++)
    for (let t = 0; t < sizes.tiles; t++)
      for (let i = 0; i < inChannels; i++) {
        const value = tiles[(p * sizes.tiles + t) * inChannels + i]
        for (let o = 0; o < outChannels; o++)
          products[(p * sizes.tiles + t) * outChannels + o] +=
            value * weight[(p * inChannels + i) * outChannels + o]
      }
  return products
}

/** The convolution's output, from the products of some of its tiles; NaN where there is none of these. */
export function winogradOutput(
  conv: Conv2d,
  outputs: Outputs,
  { tiles, products }: { tiles: Tile[]; products: Float64Array },
): Array4 {
  const output = zeros(conv2dShape(conv))
  output.data.fill(Number.NaN)
  const [, h, w, channels] = output.shape
  const points = matrices[outputs].weight.length
  const transform = onBothSides(matrices[outputs].output)
  tiles.forEach((tile, t) => {
    for (let o = 0; o < channels; o++) {
      const at = square(points, (j, i) => products[((j * points + i) * tiles.length + t) * channels + o])
      transform(at).forEach((value, place) => {
        const y = tile.y + Math.floor(place / outputs) * conv.dilation
        const x = tile.x + (place % outputs) * conv.dilation
        if (y >= h || x >= w) return
        const bias = conv.imageBias?.[tile.n * channels + o] ?? conv.bias?.[o] ?? 0
        const index = indexOf(output.shape, tile.n, y, x, o)
        output.data[index] = activate(value + bias + (conv.residual?.data[index] ?? 0), conv.activation)
      })
    }
  })
  return output
}

export const transposed = (matrix: number[][]): number[][] =>
  matrix[0].map((_, x) => matrix.map(row => row[x]))

/** [points², tiles, channels]: what the gradient of the output is over each tile, at the points. */
export function winogradOutputBackward(
  conv: Conv2d,
  outputs: Outputs,
  { tiles, outputGradient }: { tiles: Tile[]; outputGradient: Array4 },
): Float64Array {
  const { shape } = outputGradient
  const [, h, w, channels] = shape
  const points = matrices[outputs].input.length
  const data = new Float64Array(points ** 2 * tiles.length * channels)
  const transform = onBothSides(transposed(matrices[outputs].output))
  tiles.forEach((tile, t) => {
    for (let o = 0; o < channels; o++) {
      const over = square(outputs, (j, i) => {
        const [y, x] = [tile.y + j * conv.dilation, tile.x + i * conv.dilation]
        return y >= h || x >= w ? 0 : outputGradient.data[indexOf(shape, tile.n, y, x, o)]
      })
      transform(over).forEach((value, point) => {
        data[(point * tiles.length + t) * channels + o] = value
      })
    }
  })
  return data
}

/** [points, tiles, in] and [points, tiles, out] → [points, in, out], summed over the tiles */
export function winogradMultiplyBackward(
  tiles: Float64Array,
  gradients: Float64Array,
  sizes: Sizes,
): Float64Array {
  const { points, inChannels, outChannels } = sizes
  const sums = new Float64Array(points * inChannels * outChannels)
  for (let p = 0; p < points; p++)
    for (let t = 0; t < sizes.tiles; t++)
      for (let i = 0; i < inChannels; i++) {
        const value = tiles[(p * sizes.tiles + t) * inChannels + i]
        for (let o = 0; o < outChannels; o++)
          sums[(p * inChannels + i) * outChannels + o] +=
            value * gradients[(p * sizes.tiles + t) * outChannels + o]
      }
  return sums
}

/** The gradient of a 3×3 weight from that of its values at the points, [points², in, out]. */
export function winogradWeightBackward(
  sums: Float64Array,
  outputs: Outputs,
  { inChannels, outChannels }: { inChannels: number; outChannels: number },
): Weight {
  const points = matrices[outputs].weight.length
  const data = new Float64Array(outChannels * inChannels * 9)
  const transform = onBothSides(transposed(matrices[outputs].weight))
  for (let o = 0; o < outChannels; o++)
    for (let i = 0; i < inChannels; i++) {
      const at = square(points, (y, x) => sums[((y * points + x) * inChannels + i) * outChannels + o])
      data.set(transform(at), (o * inChannels + i) * 9)
    }
  return { shape: [outChannels, inChannels, 3, 3], data }
}
