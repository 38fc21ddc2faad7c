import { guidedCoefficients } from '../../src/kernels/matting/guided_filter.ts'
import { boxMeanAlong, coefficientsOf, momentsOf } from '../reference/guided_filter.ts'
import { randomValues } from '../reference/random.ts'
import { floats } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

interface Case extends KernelCase {
  pixels: number
  eps?: number
  /** The colours are uniform in (−contrast, contrast). Default 0.5. */
  contrast?: number
  radius?: number
}

const cases: Case[] = [
  { name: 'one pixel: no covariance', pixels: 1 },
  { name: '63 pixels', pixels: 63, answer: true },
  { name: 'one colour alone', pixels: 65, contrast: 0 },
  { name: 'a large eps', pixels: 33, eps: 1 },
  { name: 'windows of three pixels, whose covariance has no inverse', pixels: 129, eps: 1e-2, radius: 1 },
  { name: '1280×720', pixels: 1280 * 720, bench: true },
]

function guidedCoefficientsRun({
  name: label,
  pixels,
  eps = 1e-3,
  contrast = 0.5,
  radius = 5,
}: Case): KernelRun {
  const colours = randomValues(pixels * 4, 1, contrast)
  const probability = randomValues(pixels * 4, 2).map(Math.abs)
  const shape = [1, pixels, 16] as const
  const means = boxMeanAlong(momentsOf(colours, probability), { shape, radius }).map(Math.fround)
  return {
    kernel: guidedCoefficients({ label, pixels, eps }),
    data: { means: Float32Array.from(means) },
    // The covariance is a difference of numbers up to 0.25, whose rounding eps magnifies.
    expected: { coefficients: floats(() => coefficientsOf(means, eps), { atol: 1e-3, rtol: 1e-3 }) },
  }
}

export const suite: KernelSuite<Case> = { shader: 'guided_coefficients', cases, run: guidedCoefficientsRun }
