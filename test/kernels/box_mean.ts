import { boxMean } from '../../src/kernels/matting/box_mean.ts'
import { boxMeanAlong } from '../reference/guided_filter.ts'
import { randomValues } from '../reference/random.ts'
import { floats } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

interface Case extends KernelCase {
  /** outer, length, inner: in vectors */
  shape: readonly [number, number, number]
  radius: number
}

const cases: Case[] = [
  { name: 'one value', shape: [1, 1, 1], radius: 3 },
  { name: 'a window of one value', shape: [2, 9, 3], radius: 0 },
  { name: 'an axis shorter than a run', shape: [2, 7, 3], radius: 2, answer: true },
  { name: 'an axis that is no multiple of a run', shape: [3, 131, 2], radius: 5 },
  { name: 'an axis of one run', shape: [1, 64, 5], radius: 64 },
  { name: 'a radius beyond the axis', shape: [5, 21, 1], radius: 40 },
  { name: 'a radius beyond a run', shape: [1, 300, 2], radius: 100 },
  { name: 'rows of 16 channels at 1280×720', shape: [720, 1280, 4], radius: 19, bench: true },
  { name: 'columns of 16 channels at 1280×720', shape: [1, 720, 5120], radius: 19, bench: true },
]

function boxMeanRun({ name: label, shape, radius }: Case): KernelRun {
  const [outer, length, inner] = shape
  const input = randomValues(outer * length * inner * 4, 1)
  return {
    kernel: boxMean({ label, shape, radius }),
    data: { input: Float32Array.from(input) },
    expected: {
      output: floats(() => boxMeanAlong(input, { shape: [outer, length, inner * 4], radius }), {
        atol: 1e-6,
        rtol: 1e-5,
      }),
    },
  }
}

export const suite: KernelSuite<Case> = { shader: 'box_mean', cases, run: boxMeanRun }
