import type { Weight } from '../reference/array4.ts'

/** Adds up the partial gradients that conv2d_backward_weight.wgsl and depthwise_conv2d_backward_weight.wgsl write: OIHW, as the weight. */
export function addPartials(
  partials: Uint8Array<ArrayBuffer>,
  [o, i, kh, kw]: Weight['shape'],
  { depthwise }: { depthwise: boolean },
): Float32Array {
  const values = new Float32Array(partials.buffer)
  const size = Math.ceil(o / 4) * 4 * (depthwise ? 1 : Math.ceil(i / 4) * 4) * kh * kw
  const sums = new Float64Array(o * i * kh * kw)
  const at = places([o, i, kh, kw], depthwise)
  for (let from = 0; from < values.length; from += size)
    for (let index = 0; index < sums.length; index++) sums[index] += values[from + at[index]]
  return Float32Array.from(sums)
}

/** The same where there is one of them: a gradient with its channels padded. */
export function partialOf({ data, shape }: Weight, depthwise = false): Float32Array {
  const [o, i, kh, kw] = shape
  const partial = new Float32Array(Math.ceil(o / 4) * 4 * (depthwise ? 1 : Math.ceil(i / 4) * 4) * kh * kw)
  places(shape, depthwise).forEach((place, index) => {
    partial[place] = data[index]
  })
  return partial
}

/** Where in a partial each value of a weight lies. */
function places([o, i, kh, kw]: Weight['shape'], depthwise: boolean): Uint32Array {
  const row = i * kh * kw
  const rowPadded = (depthwise ? 1 : Math.ceil(i / 4) * 4) * kh * kw
  return new Uint32Array(o * row).map((_, index) => Math.floor(index / row) * rowPadded + (index % row))
}
