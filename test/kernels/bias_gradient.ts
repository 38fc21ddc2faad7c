import { biasGradient } from '../../src/kernels/convolution/bias_gradient.ts'
import { type Array4, randomArray4, type Shape4 } from '../reference/array4.ts'
import { biasGradient as reference } from '../reference/bias_gradient.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { toGpu } from '../support/activations.ts'
import type { KernelCase, KernelSuite } from '../support/kernel_suite.ts'
import { paddedVector } from '../support/pack_weight.ts'
import { addPartials } from '../support/partial_sums.ts'

interface Case extends KernelCase {
  /** of the gradient of the output */
  shape: Shape4
  seed: number
}

const cases: Case[] = [
  { name: 'one value', shape: [1, 1, 1, 1], seed: 1 },
  { name: 'one pixel, 5 channels', shape: [1, 1, 1, 5], seed: 1 },
  { name: '255 pixels: too few to split', shape: [1, 15, 17, 3], seed: 1 },
  { name: '257 pixels: two splits, one of which has a pixel more', shape: [1, 1, 257, 24], seed: 1 },
  { name: '40 pixels, 5 channels', shape: [2, 4, 5, 5], seed: 1, answer: true },
  { name: '257 pixels, 3 channels: two splits', shape: [1, 1, 257, 3], seed: 1, answer: true },
  { name: '21 channels, batch 3', shape: [3, 17, 13, 21], seed: 1 },
  { name: 'classifier on 65×65, batch 2', shape: [2, 65, 65, 21], seed: 1, bench: true },
]

export const suite: KernelSuite<Case> = {
  shader: 'bias_gradient',
  cases,
  run({ name: label, shape, seed }) {
    const [n, h, w, c] = shape
    // So small that its sum has the magnitude of 1.
    const outputGradient = randomArray4(shape, seed, 1 / Math.sqrt(n * h * w))
    const kernel = biasGradient({ label, shape })
    const rtol = tolerance(n * h * w)
    return {
      kernel,
      data: { output_gradient: toGpu(outputGradient) },
      expected: {
        partials: {
          check: partials => {
            const sums = addPartials(partials, [c, 1, 1, 1], { depthwise: true })
            expectClose(sums, reference(outputGradient), { shape: [1, 1, 1, c], rtol })
          },
          answer: () => ({
            values: partialsOf(outputGradient, kernel.params.splits),
            tolerance: { rtol },
          }),
        },
      },
    }
  },
}

/** The sum of each split's share of the pixels. */
function partialsOf({ shape, data }: Array4, splits: number): Float64Array {
  const [n, h, w, c] = shape
  const share = Math.ceil((n * h * w) / splits)
  const rows = Array.from({ length: splits }, (_, split) => {
    const values = data.subarray(split * share * c, (split + 1) * share * c)
    return [...paddedVector(reference({ shape: [1, 1, values.length / c, c], data: values }))]
  })
  return Float64Array.from(rows.flat())
}
