import type { Kernel } from '../../src/gpu/kernel.ts'
import type { Conv2dTile } from '../../src/kernels/convolution/conv2d.ts'
import {
  type Conv2dBackwardInputOptions,
  conv2dBackwardInput,
} from '../../src/kernels/convolution/conv2d_backward_input.ts'
import { tolerance } from '../reference/compare.ts'
import {
  conv2dBackwardInputAt,
  conv2dBackwardInput as reference,
} from '../reference/conv2d_backward_input.ts'
import { toGpu } from '../support/activations.ts'
import { activations, sampledActivations } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { packTransposedWeight } from '../support/pack_weight.ts'
import { tileName } from './conv2d.ts'
import { type Conv2dBackwardCase, cases, conv2dBackwardOf } from './shared/conv2d_backward_cases.ts'

/** `variant` makes the kernel. */
export function conv2dBackwardInputRun(
  test: Conv2dBackwardCase,
  variant: (options: Conv2dBackwardInputOptions) => Kernel = conv2dBackwardInput,
): KernelRun {
  const operands = conv2dBackwardOf(test, 'input')
  const { input, weight, padding, outputGradient } = operands
  const { name: label, outChannels, kernel, stride, dilation, plant, seed } = test
  const { shape } = input
  const rtol = tolerance(outChannels * kernel[0] * kernel[1])
  return {
    kernel: variant({ label, input: shape, outChannels, kernel, stride, dilation, padding }),
    data: { input: toGpu(outputGradient), weight: packTransposedWeight(weight) },
    expected: {
      output: test.spotCheck
        ? sampledActivations(shape, place => conv2dBackwardInputAt(operands, place), { seed, rtol })
        : activations(() => reference(operands), { rtol, anyPadding: plant !== undefined }),
    },
  }
}

/** Those that the chooser picks, and odd ones. */
const tiles: Conv2dTile[] = [
  { pixels: 8, vectors: 4, lanesX: 8, lanesY: 4 },
  { pixels: 8, vectors: 4, lanesX: 4, lanesY: 8 },
  { pixels: 3, vectors: 1, lanesX: 1, lanesY: 1 },
  { pixels: 2, vectors: 3, lanesX: 3, lanesY: 5 },
]

/** For tiles of all gradients of convolutions. */
export const forTiles = ['stride 2, batch 3, 24 → 21', 'stride 3, dilation 2, even map', 'NaN'].map(
  name => cases.find(test => test.name === name)!,
)

export const suite: KernelSuite<Conv2dBackwardCase> = {
  shader: 'conv2d_backward_input',
  cases,
  run: test => conv2dBackwardInputRun(test),
  tiles: Object.fromEntries(
    tiles.map(tile => [
      tileName(tile),
      {
        cases: forTiles,
        run: (test: Conv2dBackwardCase) =>
          conv2dBackwardInputRun(test, options => conv2dBackwardInput({ ...options, tile })),
      },
    ]),
  ),
}
