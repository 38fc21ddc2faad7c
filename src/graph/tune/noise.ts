// Values for ops that run only to be timed.

import { type AnyOp, parametersOf } from '../ir/graph.ts'

export function noisyParameters(op: AnyOp): Map<string, Float32Array> {
  const variance = op.batchNorm?.variance.name
  return new Map(
    parametersOf(op).map(({ name, shape }) => [
      name,
      name === variance ? noiseOf(shape).fill(1) : noiseOf(shape),
    ]),
  )
}

/** Values from −½ to ½, the same in every call. Zeros would not do: a GPU may be faster with them. */
export function noiseOf(shape: readonly number[]): Float32Array {
  const values = new Float32Array(shape.reduce((a, b) => a * b))
  for (let i = 0; i < values.length; i++) values[i] = (Math.imul(i + 1, 0x9e3779b1) >>> 8) / 2 ** 24 - 0.5
  return values
}
