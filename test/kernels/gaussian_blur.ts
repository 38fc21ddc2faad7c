import { gaussianBlur, gaussianNorms, gaussianTaps } from '../../src/kernels/crf/gaussian_blur.ts'
import { gaussianAlong } from '../reference/dense_crf.ts'
import { randomValues } from '../reference/random.ts'
import { floats } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

interface Case extends KernelCase {
  /** outer, length, inner: in vectors */
  shape: readonly [number, number, number]
  deviation: number
  scale?: number
}

const cases: Case[] = [
  { name: 'one value', shape: [1, 1, 1], deviation: 3 },
  { name: 'one value in each of several lines', shape: [5, 1, 3], deviation: 1 },
  { name: 'an axis shorter than a run', shape: [2, 3, 2], deviation: 1, answer: true },
  { name: 'an axis that is no multiple of a run', shape: [3, 29, 2], deviation: 2, scale: 3 },
  { name: 'a radius beyond the axis', shape: [1, 21, 5], deviation: 40, answer: true },
  { name: 'a deviation so small that only the value itself counts', shape: [2, 9, 1], deviation: 0.01 },
  { name: 'a deviation so large that all values count the same', shape: [2, 9, 1], deviation: 1e5 },
  { name: 'columns', shape: [1, 33, 37], deviation: 3 },
  { name: 'rows of 21 classes at 513×513', shape: [513, 513, 6], deviation: 3, bench: true },
  { name: 'columns of 21 classes at 513×513', shape: [1, 513, 3078], deviation: 3, bench: true },
]

function gaussianBlurRun({ name: label, shape, deviation, scale = 1 }: Case): KernelRun {
  const [outer, length, inner] = shape
  const taps = gaussianTaps(length, deviation)
  const input = randomValues(outer * length * inner * 4, 1)
  return {
    kernel: gaussianBlur({ label, shape, radius: taps.length - 1, scale }),
    data: { input: Float32Array.from(input), taps, norms: gaussianNorms(length, taps) },
    expected: {
      output: floats(() => gaussianAlong(input, { shape: [outer, length, inner * 4], deviation, scale }), {
        rtol: 1e-5,
      }),
    },
  }
}

export const suite: KernelSuite<Case> = { shader: 'gaussian_blur', cases, run: gaussianBlurRun }
