import { type Array4, zeros } from './array4.ts'

export interface Dropout {
  /** [n, h, w, c] */
  input: Array4
  /** share of the values that are dropped */
  p: number
  seed: number
  step: number
}

/** input / (1 − p), or 0 where the hash of (seed, step, place) is among the lowest p of all; places count the lanes that pad the channels. */
export function dropout({ input, p, seed, step }: Dropout): Array4 {
  const channels = input.shape[3]
  const pitch = Math.ceil(channels / 4) * 4
  const stream = scrambled(scrambled(seed) ^ step)
  const output = zeros(input.shape)
  input.data.forEach((x, index) => {
    const place = Math.floor(index / channels) * pitch + (index % channels)
    const hash = scrambled(stream + scrambled(place))
    output.data[index] = hash < Math.floor(p * 2 ** 32) ? 0 : x / (1 - p)
  })
  return output
}

/** Chris Wellons' lowbias32 (public domain): a bijection of 32-bit integers in which every input bit moves half of the output's. */
function scrambled(value: number): number {
  let x = value >>> 0
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d)
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b)
  return (x ^ (x >>> 16)) >>> 0
}
