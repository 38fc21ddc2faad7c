import { guidedMoments } from '../../src/kernels/matting/guided_filter.ts'
import { momentsOf } from '../reference/guided_filter.ts'
import { randomValues } from '../reference/random.ts'
import { floats } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

interface Case extends KernelCase {
  pixels: number
}

const cases: Case[] = [
  { name: 'one pixel', pixels: 1 },
  { name: '63 pixels', pixels: 63, answer: true },
  { name: 'more pixels than invocations', pixels: 33_001 },
  { name: '1280×720', pixels: 1280 * 720, bench: true },
]

function guidedMomentsRun({ name: label, pixels }: Case): KernelRun {
  const colours = randomValues(pixels * 4, 1, 0.5)
  const probability = randomValues(pixels * 4, 2).map(Math.abs)
  return {
    kernel: guidedMoments({ label, pixels }),
    data: { colours: Float32Array.from(colours), probability: Float32Array.from(probability) },
    expected: { moments: floats(() => momentsOf(colours, probability), { rtol: 1e-6 }) },
  }
}

export const suite: KernelSuite<Case> = { shader: 'guided_moments', cases, run: guidedMomentsRun }
