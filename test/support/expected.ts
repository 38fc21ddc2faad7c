// What a kernel has to write to an output: how a test compares it, and the values for the known answers.

import { AssertionError } from 'chai'
import type { Bytes } from '../../src/gpu/run_kernel.ts'
import { unpadChannels } from '../../src/kernels/layout.ts'
import { type Array4, placeOf, type Shape4, sizeOf } from '../reference/array4.ts'
import { type Closeness, expectClose } from '../reference/compare.ts'
import { sampleIndices } from '../reference/random.ts'
import { fromGpu, toGpu } from './activations.ts'

export interface Expected {
  /** Throws where the output is not what the reference makes of the same data. */
  check(actual: Bytes): void
  /** The whole output, of a case that is a known answer. */
  answer?(): Answer
}

/** Floats and how close to them the output has to be, or bytes that it has to match. */
export type Answer = { values: Float32Array | Float64Array; tolerance: Tolerance } | { values: Uint8Array }

/** As of `expectClose`. */
export type Tolerance = Pick<Closeness, 'atol' | 'rtol'>

/**
 * A tensor whose channels the kernel pads with zeros to whole vectors. With `anyPadding` the padding is not checked: a kernel that
 * multiplies an input that is not finite by the zeros that pad a weight makes NaN of it.
 */
export const activations = (
  reference: () => Array4,
  { anyPadding = false, ...tolerance }: Tolerance & { anyPadding?: boolean },
): Expected => ({
  check: actual => {
    const { shape, data } = reference()
    expectClose(dense(actual, shape, anyPadding), data, { shape, ...tolerance })
  },
  answer: () => ({ values: toGpu(reference()), tolerance }),
})

/** A tensor of which a sample is compared: for cases that take the reference too long. `at` is the reference of one value. */
export const sampledActivations = (
  shape: Shape4,
  at: (place: Shape4) => number,
  { seed, ...tolerance }: Tolerance & { seed: number },
): Expected => ({
  check: actual => expectSample(fromGpu(actual, shape), { shape, at, seed, tolerance }),
})

export interface Sample {
  shape: Shape4
  at(place: Shape4): number
  seed: number
  tolerance: Tolerance
}

/** Compares a sample of some values, which are dense. */
export function expectSample(actual: Float32Array, { shape, at, seed, tolerance }: Sample): void {
  const indices = sampleIndices(256, sizeOf(shape), seed)
  const expected = Float64Array.from(indices, index => at(placeOf(shape, index)))
  expectClose(actual, expected, { shape, indices, ...tolerance })
}

/** Floats without padding, or with a padding that is expected, too. `shape` is for messages. */
export const floats = (
  reference: () => Float32Array | Float64Array,
  { shape, ...tolerance }: Tolerance & { shape?: Shape4 },
): Expected => ({
  check: actual => {
    const values = Float64Array.from(reference())
    const closeness = { shape: shape ?? ([1, 1, 1, values.length] as const), ...tolerance }
    expectClose(new Float32Array(actual.buffer), values, closeness)
  },
  answer: () => ({ values: reference(), tolerance }),
})

const dense = (actual: Bytes, shape: Shape4, anyPadding: boolean): Float32Array =>
  anyPadding ? unpadChannels(new Float32Array(actual.buffer), shape) : fromGpu(actual, shape)

/** Whole numbers of 32 bits, which have to match. */
export const words = (reference: () => Uint32Array | Int32Array): Expected => ({
  check: actual => {
    const expected = new Uint32Array(reference().slice().buffer)
    const values = new Uint32Array(actual.buffer, actual.byteOffset, actual.byteLength / 4)
    if (values.length !== expected.length)
      throw new AssertionError(`expected ${expected.length} words, got ${values.length}`)
    const wrong = [...expected.keys()].filter(i => values[i] !== expected[i])
    if (wrong.length > 0)
      throw new AssertionError(
        `${wrong.length} of ${expected.length} words differ, the first at ${wrong[0]}: got ${values[wrong[0]]}, expected ${expected[wrong[0]]}`,
      )
  },
  answer: () => ({ values: new Uint8Array(reference().slice().buffer) }),
})
