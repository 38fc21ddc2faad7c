import { resizeBackward } from '../../src/kernels/resizing/resize_backward.ts'
import { randomArray4 } from '../reference/array4.ts'
import { tolerance } from '../reference/compare.ts'
import { resizeBackward as reference } from '../reference/resize_backward.ts'
import { toGpu } from '../support/activations.ts'
import { activations } from '../support/expected.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { cases as forward, type ResizeCase } from './resize.ts'

const cases: ResizeCase[] = [
  // The cases of resize: `input` is the shape of the gradient to find.
  ...forward.filter(({ plant }) => !plant),
  {
    name: 'so many pixels that each has one lane, corners aligned',
    input: [1, 32, 32, 1],
    height: 3,
    width: 5,
    alignCorners: true,
    seed: 1,
    answer: true,
  },
]

export const suite: KernelSuite<ResizeCase> = {
  shader: 'resize_backward',
  cases,
  run({ name: label, input: shape, height, width, alignCorners, seed }) {
    const [n, h, w, channels] = shape
    const outputGradient = randomArray4([n, height, width, channels], seed)
    return {
      kernel: resizeBackward({ label, input: shape, height, width, alignCorners }),
      data: { output_gradient: toGpu(outputGradient) },
      expected: {
        input_gradient: activations(() => reference({ outputGradient, height: h, width: w, alignCorners }), {
          rtol: tolerance(height * width),
        }),
      },
    }
  },
}
