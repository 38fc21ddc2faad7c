import type { Weight } from '../reference/array4.ts'

/** Adds up the partial gradients that conv2d_backward_weight.wgsl and depthwise_conv2d_backward_weight.wgsl write: OIHW, as the weight. */
export function addPartials(
  partials: Uint8Array<ArrayBuffer>,
  [o, i, kh, kw]: Weight['shape'],
  { depthwise }: { depthwise: boolean },
): Float32Array {
  const values = new Float32Array(partials.buffer)
  const [outPadded, inPadded, taps] = [Math.ceil(o / 4) * 4, depthwise ? 1 : Math.ceil(i / 4) * 4, kh * kw]
  const size = taps * inPadded * outPadded
  const sums = new Float64Array(o * i * taps)
  for (let from = 0; from < values.length; from += size)
    for (let index = 0; index < sums.length; index++) {
      const [out, channel, tap] = [Math.floor(index / (i * taps)), Math.floor(index / taps) % i, index % taps]
      sums[index] += values[from + (tap * inPadded + channel) * outPadded + out]
    }
  return Float32Array.from(sums)
}
