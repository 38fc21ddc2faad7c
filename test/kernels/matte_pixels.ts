import { expect } from 'chai'
import { mattePixels } from '../../src/kernels/matting/matte.ts'
import { layersOf, mattePixelsOf } from '../reference/guided_filter.ts'
import { randomValues } from '../reference/random.ts'
import type { Expected } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'

interface Case extends KernelCase {
  input: { h: number; w: number }
  height: number
  width: number
  rows?: { from: number; count: number }
}

const cases: Case[] = [
  { name: 'one pixel', input: { h: 1, w: 1 }, height: 1, width: 1 },
  { name: 'one size', input: { h: 5, w: 7 }, height: 5, width: 7 },
  { name: 'three times as large', input: { h: 3, w: 5 }, height: 9, width: 15, answer: true },
  { name: 'odd sizes', input: { h: 7, w: 4 }, height: 19, width: 29 },
  { name: 'some rows', input: { h: 7, w: 4 }, height: 19, width: 29, rows: { from: 5, count: 6 } },
  { name: '4000×3000', input: { h: 886, w: 1182 }, height: 3000, width: 4000, bench: true, untested: true },
]

function mattePixelsRun({ name: label, input, height, width, rows }: Case): KernelRun {
  const { h, w } = input
  const photo = Uint8Array.from(randomValues(height * width * 4, 1), value => Math.floor(127.5 * (value + 1)))
  const coefficients = randomValues(h * w * 4, 2)
  const layers = layersOf(randomValues(h * w * 4, 3, 0.5), coefficients).map(Math.fround)
  const { from, count } = rows ?? { from: 0, count: height }
  const given = (all: Uint8Array | Float64Array) => all.slice(from * width * 4, (from + count) * width * 4)
  const reference = () =>
    given(mattePixelsOf({ photo, height, width, coefficients, layers, h, w })) as Float64Array
  return {
    kernel: mattePixels({ label, input, height, width, rows }),
    data: {
      photo: given(photo) as Uint8Array,
      coefficients: Float32Array.from(coefficients),
      layers: Float32Array.from(layers),
    },
    expected: { pixels: rounded(reference) },
  }
}

/** Bytes that are a value, rounded: one that is nearly in the middle of two may become either. */
const rounded = (reference: () => Float64Array): Expected => ({
  check: actual => {
    const distances = reference().map((value, i) => Math.abs(value - actual[i]))
    expect(actual.length).to.equal(distances.length)
    expect(distances.reduce((largest, each) => Math.max(largest, each), 0)).to.be.at.most(0.51)
  },
  answer: () => ({ values: Uint8Array.from(reference(), Math.round) }),
})

export const suite: KernelSuite<Case> = { shader: 'matte_pixels', cases, run: mattePixelsRun }
