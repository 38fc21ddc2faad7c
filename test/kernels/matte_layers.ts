import { matteLayers } from '../../src/kernels/matting/matte.ts'
import { layersOf } from '../reference/guided_filter.ts'
import { randomValues } from '../reference/random.ts'
import { floats } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

interface Case extends KernelCase {
  pixels: number
  /** The coefficients are uniform in (−scale, scale): large ones give alpha 0 and 1. Default 1. */
  scale?: number
}

const cases: Case[] = [
  { name: 'one pixel', pixels: 1 },
  { name: '63 pixels', pixels: 63, answer: true },
  { name: 'alpha 0 and 1', pixels: 65, scale: 100 },
  { name: 'more pixels than invocations', pixels: 33_001 },
  { name: '1280×720', pixels: 1280 * 720, bench: true },
]

function matteLayersRun({ name: label, pixels, scale = 1 }: Case): KernelRun {
  const colours = randomValues(pixels * 4, 1, 0.5)
  const coefficients = randomValues(pixels * 4, 2, scale)
  return {
    kernel: matteLayers({ label, pixels }),
    data: { colours: Float32Array.from(colours), coefficients: Float32Array.from(coefficients) },
    expected: { layers: floats(() => layersOf(colours, coefficients), { atol: 2e-6 * scale, rtol: 1e-5 }) },
  }
}

export const suite: KernelSuite<Case> = { shader: 'matte_layers', cases, run: matteLayersRun }
