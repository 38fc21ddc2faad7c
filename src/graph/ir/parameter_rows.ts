// Parameters that are larger than the GPU binds at once. Each becomes several: some rows of it. A row has all weights of one output channel,
// and rows lie one after the other.

import type { Rows } from '../../kernels/geometry.ts'
import type { Parameter } from './tensor.ts'

/** Rows begin at multiples of this. So their biases, of four bytes each, begin where any GPU may bind them. */
const STEP = 64

/** The limits of a GPU, in bytes. */
interface Limits {
  maxStorageBufferBindingSize: number
  maxBufferSize: number
}

/** A convolution's weight itself where the GPU binds it, else its rows in parts of about the same size. */
export function cutParameter(weight: Parameter, limits: Limits): Parameter[] {
  if (weight.shape.length !== 4) return [weight]
  const [count, inChannels, ...kernel] = weight.shape
  // Kernels read it with its input channels in whole vectors.
  const rowBytes = kernel.reduce((a, b) => a * b, 16 * Math.ceil(inChannels / 4))
  const largest = Math.min(limits.maxStorageBufferBindingSize, limits.maxBufferSize)
  const most = Math.floor(largest / (rowBytes * STEP)) * STEP
  if (count * rowBytes <= largest || most === 0) return [weight]
  const each = Math.ceil(count / Math.ceil(count / most) / STEP) * STEP
  return Array.from({ length: Math.ceil(count / each) }, (_, i) =>
    parameterRows(weight, { from: i * each, count: Math.min(each, count - i * each) }),
  )
}

export const parameterRows = (parameter: Parameter, { from, count }: Rows): Parameter => ({
  name: `${parameter.name} ${from}…${from + count - 1}`,
  shape: [count, ...parameter.shape.slice(1)],
  rows: { of: parameter, from },
})

/** The parameter that a checkpoint has. */
export const wholeParameter = (parameter: Parameter): Parameter => parameter.rows?.of ?? parameter

/** The bytes before these rows in the whole parameter. */
export function bytesBefore({ rows, shape }: Parameter): number {
  return 4 * shape.slice(1).reduce((a, b) => a * b, rows?.from ?? 0)
}

/** A parameter's values, of values by name, which may have the whole parameter alone. */
export function valuesOf(parameter: Parameter, host: ReadonlyMap<string, Float32Array>): Float32Array {
  const { name, shape } = parameter
  const own = host.get(name)
  if (own) return own
  const first = bytesBefore(parameter) / 4
  const whole = host.get(wholeParameter(parameter).name)!
  return whole.subarray(first, first + shape.reduce((a, b) => a * b))
}
