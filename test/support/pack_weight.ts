// A convolution's weight as kernels read it. Networks have it packed by fold_batch_norm.wgsl, whose own tests compare with this.

import { vectors } from '../../src/kernels/layout.ts'
import type { Weight } from '../reference/array4.ts'

/** Weight and bias for a convolution's kernel. Zeros where there is no bias. */
export function packWeight({
  weight,
  bias = new Float64Array(weight.shape[0]),
  depthwise = false,
}: {
  weight: Weight
  bias?: Float64Array
  depthwise?: boolean
}) {
  return {
    weight: Float32Array.from(packedWeight(weight, { depthwise })),
    bias: Float32Array.from(paddedVector(bias)),
  }
}

/** The weight for the kernels of the gradient of a convolution's input: [o, i, kh, kw] → [kh, kw, o, i] with the taps reversed. */
export function packTransposedWeight({ shape: [o, i, kh, kw], data }: Weight): Float32Array {
  const taps = kh * kw
  const [inPadded, outPadded] = [vectors(i) * 4, vectors(o) * 4]
  const packed = new Float32Array(taps * outPadded * inPadded)
  for (let out = 0; out < o; out++)
    for (let channel = 0; channel < i; channel++)
      for (let tap = 0; tap < taps; tap++)
        packed[((taps - 1 - tap) * outPadded + out) * inPadded + channel] =
          data[(out * i + channel) * taps + tap]
  return packed
}

/** [o, i, kh, kw] → [kh, kw, i, o], i and o padded with zeros to whole vectors; a depthwise weight's i is 1, and stays 1. */
export function packedWeight(
  { shape: [o, i, kh, kw], data }: Weight,
  { depthwise }: { depthwise: boolean },
): Float64Array {
  const taps = kh * kw
  const inPadded = depthwise ? 1 : vectors(i) * 4
  const outPadded = vectors(o) * 4
  const packed = new Float64Array(taps * inPadded * outPadded)
  for (let out = 0; out < o; out++)
    for (let channel = 0; channel < i; channel++)
      for (let tap = 0; tap < taps; tap++)
        packed[(tap * inPadded + channel) * outPadded + out] = data[(out * i + channel) * taps + tap]
  return packed
}

/** A value a channel, with zeros up to whole vectors. */
export function paddedVector(values: Float64Array): Float64Array {
  const padded = new Float64Array(vectors(values.length) * 4)
  padded.set(values)
  return padded
}

/** A weight's input channels `from` … `to` − 1. */
export function inputChannelsOf(
  { shape: [out, channels, kernelH, kernelW], data }: Weight,
  { from, to }: { from: number; to: number },
): Weight {
  const channelOf = (index: number) => Math.floor(index / (kernelH * kernelW)) % channels
  return {
    shape: [out, to - from, kernelH, kernelW],
    data: data.filter((_, index) => channelOf(index) >= from && channelOf(index) < to),
  }
}
