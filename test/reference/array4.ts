import { randomValues } from './random.ts'

/** The dims of an activation, and also one place in it. */
export type Shape4 = readonly [n: number, h: number, w: number, c: number]

/** A dense NHWC activation: channels are innermost. */
export interface Array4 {
  shape: Shape4
  data: Float64Array
}

/** Convolution weights in PyTorch's dense OIHW layout: kernel columns are innermost. */
export interface Weight {
  shape: readonly [o: number, i: number, kh: number, kw: number]
  data: Float64Array
}

/** One value put into a seeded input, to see a NaN or an infinity travel. */
export interface Plant {
  value: number
  at: Shape4
}

/** The number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, dim) => size * dim, 1)
}

/** Where the element (n, h, w, c) lies in the data of an array of this shape. */
export function indexOf(shape: Shape4, n: number, h: number, w: number, c: number): number {
  return ((n * shape[1] + h) * shape[2] + w) * shape[3] + c
}

/** The inverse of `indexOf`: the place of a flat index. */
export function placeOf(shape: Shape4, index: number): Shape4 {
  const [, h, w, c] = shape
  const pixel = Math.floor(index / c)
  const row = Math.floor(pixel / w)
  return [Math.floor(row / h), row % h, pixel % w, index % c]
}

/** An array of zeros. */
export function zeros(shape: Shape4): Array4 {
  return { shape, data: new Float64Array(sizeOf(shape)) }
}

/** An array uniform in (−scale, scale), every value exact in float32. */
export function randomArray4(shape: Shape4, seed: number, scale = 1): Array4 {
  return { shape, data: randomValues(sizeOf(shape), seed, scale) }
}

/** The same, with one value replaced where a case asks for it. */
export function plantedArray4(shape: Shape4, seed: number, plant?: Plant, scale = 1): Array4 {
  const array = randomArray4(shape, seed, scale)
  if (plant) array.data[indexOf(shape, ...plant.at)] = plant.value
  return array
}

/**
 * Random convolution weights, uniform with variance 1 / fan-in, so that an output has the magnitude of the inputs
 * whatever the layer, and an error bound relative to the output is a fair one.
 */
export function randomWeight(shape: Weight['shape'], seed: number): Weight {
  const fanIn = shape[1] * shape[2] * shape[3]
  return { shape, data: randomValues(sizeOf(shape), seed, Math.sqrt(3 / fanIn)) }
}
