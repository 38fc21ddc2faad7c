// The guided filter and the foreground's colours, step by step, in plain loops over float64.

/** The mean over a window along the middle axis of values [outer, length, inner]. */
export function boxMeanAlong(
  input: Float64Array,
  { shape: [outer, length, inner], radius }: { shape: readonly [number, number, number]; radius: number },
): Float64Array {
  const output = new Float64Array(input.length)
  for (let o = 0; o < outer; o++)
    for (let at = 0; at < length; at++)
      for (let i = 0; i < inner; i++) {
        const [low, high] = [Math.max(0, at - radius), Math.min(length - 1, at + radius)]
        let sum = 0
        for (let other = low; other <= high; other++) sum += input[(o * length + other) * inner + i]
        output[(o * length + at) * inner + i] = sum / (high - low + 1)
      }
  return output
}

/** The moments of each pixel: 16 numbers of four colours' channels and four of the probability, of which the last ones are padding. */
export function momentsOf(colours: Float64Array, probability: Float64Array): Float64Array {
  const pixels = colours.length / 4
  const moments = new Float64Array(pixels * 16)
  for (let pixel = 0; pixel < pixels; pixel++) {
    const [r, g, b] = colours.subarray(pixel * 4)
    const p = probability[pixel * 4]
    const its = [r, g, b, p, r * p, g * p, b * p, 0, r * r, g * g, b * b, 0, r * g, r * b, g * b, 0]
    moments.set(its, pixel * 16)
  }
  return moments
}

/** a and b of each pixel, from the means of its moments: the system of three equations by Gaussian elimination. */
export function coefficientsOf(means: Float64Array, eps: number): Float64Array {
  const pixels = means.length / 16
  const coefficients = new Float64Array(pixels * 4)
  for (let pixel = 0; pixel < pixels; pixel++) {
    const m = means.subarray(pixel * 16, pixel * 16 + 16)
    const squares = [
      [m[8], m[12], m[13]],
      [m[12], m[9], m[14]],
      [m[13], m[14], m[10]],
    ]
    const rows = squares.map((row, i) => [
      ...row.map((square, j) => square - m[i] * m[j] + (i === j ? eps : 0)),
      m[4 + i] - m[i] * m[3],
    ])
    const a = eliminated(rows)
    coefficients.set([...a, m[3] - a[0] * m[0] - a[1] * m[1] - a[2] * m[2]], pixel * 4)
  }
  return coefficients
}

/** The solution of equations whose matrix is symmetric and positive definite: no pivots are needed. */
function eliminated(rows: number[][]): number[] {
  const n = rows.length
  for (let i = 0; i < n; i++)
    for (let below = i + 1; below < n; below++) {
      const factor = rows[below][i] / rows[i][i]
      for (let j = i; j <= n; j++) rows[below][j] -= factor * rows[i][j]
    }
  const solution = new Array<number>(n).fill(0)
  for (let i = n - 1; i >= 0; i--) {
    let rest = rows[i][n]
    for (let j = i + 1; j < n; j++) rest -= rows[i][j] * solution[j]
    solution[i] = rest / rows[i][i]
  }
  return solution
}

/** a · colour + b, stretched from 0.1 … 0.9 to 0 … 1. */
export function guidedValue(
  [r, g, b, offset]: ArrayLike<number> & Iterable<number>,
  colour: ArrayLike<number>,
): number {
  const value = r * colour[0] + g * colour[1] + b * colour[2] + offset
  return Math.min(1, Math.max(0, (value - 0.1) / 0.8))
}

/** The foreground and the background of each pixel, each with its weight. */
export function layersOf(colours: Float64Array, coefficients: Float64Array): Float64Array {
  const pixels = colours.length / 4
  const layers = new Float64Array(pixels * 8)
  for (let pixel = 0; pixel < pixels; pixel++) {
    const [r, g, b] = colours.subarray(pixel * 4)
    const alpha = guidedValue(coefficients.subarray(pixel * 4, pixel * 4 + 4), [r, g, b])
    layers.set(
      [alpha, 1 - alpha].flatMap(weight => [r, g, b, 1].map(value => value * weight)),
      pixel * 8,
    )
  }
  return layers
}

interface MatteInputs {
  /** RGBA of the photo, and its size. */
  photo: Uint8Array
  height: number
  width: number
  /** At the size h × w. */
  coefficients: Float64Array
  layers: Float64Array
  h: number
  w: number
}

/** RGBA of the cut-out on the scale 0 … 255, not rounded. */
export function mattePixelsOf({
  photo,
  height,
  width,
  coefficients,
  layers,
  h,
  w,
}: MatteInputs): Float64Array {
  const pixels = new Float64Array(height * width * 4)
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = y * width + x
      const colour = [0, 1, 2].map(channel => photo[at * 4 + channel] / 255 - 0.5)
      const place = { y: ((y + 0.5) * h) / height - 0.5, x: ((x + 0.5) * w) / width - 0.5, h, w }
      const alpha = guidedValue(sampled(coefficients, 4, place), colour)
      const both = sampled(layers, 8, place)
      for (let channel = 0; channel < 3; channel++) {
        const front = both[channel] / Math.max(both[3], 1e-5)
        const back = both[4 + channel] / Math.max(both[7], 1e-5)
        const own = front + alpha * (colour[channel] - alpha * front - (1 - alpha) * back)
        pixels[at * 4 + channel] = 255 * Math.min(1, Math.max(0, own + 0.5))
      }
      pixels[at * 4 + 3] = 255 * alpha
    }
  return pixels
}

/** The channels at a place of a map, bilinear. Beyond its border, its outermost values. */
function sampled(
  map: Float64Array,
  channels: number,
  { y, x, h, w }: { y: number; x: number; h: number; w: number },
): number[] {
  const [atY, atX] = [Math.max(0, y), Math.max(0, x)]
  const [top, left] = [Math.floor(atY), Math.floor(atX)]
  const [bottom, right] = [Math.min(h - 1, top + 1), Math.min(w - 1, left + 1)]
  const value = (row: number, column: number, channel: number) => map[(row * w + column) * channels + channel]
  const [down, across] = [atY - top, atX - left]
  return Array.from({ length: channels }, (_, channel) => {
    const upper = value(top, left, channel) * (1 - across) + value(top, right, channel) * across
    const lower = value(bottom, left, channel) * (1 - across) + value(bottom, right, channel) * across
    return upper * (1 - down) + lower * down
  })
}
