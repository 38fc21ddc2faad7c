import type { Kernel } from '../../src/gpu/kernel.ts'
import {
  type Conv2dBackwardWeightOptions,
  type Conv2dBackwardWeightTile,
  conv2dBackwardWeight,
} from '../../src/kernels/convolution/conv2d_backward_weight.ts'
import { placeOf } from '../reference/array4.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import type { Conv2dBackward } from '../reference/conv2d_backward_input.ts'
import {
  conv2dBackwardWeightAt,
  conv2dBackwardWeight as reference,
} from '../reference/conv2d_backward_weight.ts'
import { toGpu } from '../support/activations.ts'
import { expectSample } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { addPartials, partialOf } from '../support/partial_sums.ts'
import { forTiles } from './conv2d_backward_input.ts'
import { type Conv2dBackwardCase, cases, conv2dBackwardOf } from './shared/conv2d_backward_cases.ts'

/** `variant` makes the kernel. */
export function conv2dBackwardWeightRun(
  test: Conv2dBackwardCase,
  variant: (options: Conv2dBackwardWeightOptions) => Kernel = conv2dBackwardWeight,
): KernelRun {
  const operands = conv2dBackwardOf(test, 'weight')
  const { input, weight, padding, outputGradient } = operands
  const { name: label, outChannels, kernel, stride, dilation } = test
  const made = variant({ label, input: input.shape, outChannels, kernel, stride, dilation, padding })
  return {
    kernel: made,
    data: { input: toGpu(input), output_gradient: toGpu(outputGradient) },
    expected: {
      partials: {
        check: partials =>
          expectWeightGradient(test, operands, addPartials(partials, weight.shape, { depthwise: false })),
        answer: () => ({
          values: partialsOf(operands, made),
          tolerance: { rtol: rtolOf(operands) },
        }),
      },
    },
  }
}

const rtolOf = ({ outputGradient: { shape } }: Conv2dBackward) => tolerance(shape[0] * shape[1] * shape[2])

/** Compares the whole gradient, or of a heavy case a sample. */
export function expectWeightGradient(
  test: Conv2dBackwardCase,
  operands: Conv2dBackward,
  actual: Float32Array,
): void {
  const { shape } = operands.weight
  const rtol = rtolOf(operands)
  if (!test.spotCheck) {
    expectClose(actual, reference(operands).data, { shape, rtol })
    return
  }
  const at = (place: typeof shape) => conv2dBackwardWeightAt(operands, place)
  expectSample(actual, { shape, at, seed: test.seed, tolerance: { rtol } })
}

/** What each split adds up: its share of the pixels that a tap reaches from, or of all pixels if the kernel's rows are taps. */
function partialsOf(operands: Conv2dBackward, { params, constants }: Kernel): Float32Array {
  const { splits } = params
  const { shape } = operands.weight
  const taps = shape[2] * shape[3]
  const sums = Array.from({ length: splits }, () => new Float64Array(shape.reduce((a, b) => a * b)))
  for (let tap = 0; tap < taps; tap++) {
    const reaching = constants?.ROWS_ARE_TAPS === 1 ? allPixels(operands) : pixelsOf(operands, tap)
    const share = Math.ceil(reaching.length / splits)
    sums.forEach((sum, split) => {
      const pixels = new Set(reaching.slice(split * share, (split + 1) * share))
      const found = reference({ ...operands, outputGradient: onlyAt(operands.outputGradient, pixels) })
      for (let i = tap; i < sum.length; i += taps) sum[i] = found.data[i]
    })
  }
  return Float32Array.from(sums.flatMap(data => [...partialOf({ shape, data })]))
}

function allPixels({ outputGradient }: Conv2dBackward): number[] {
  const [n, h, w] = outputGradient.shape
  return [...Array(n * h * w).keys()]
}

/** The output pixels, by index, whose tap is inside the input. */
function pixelsOf({ input, outputGradient, weight, ...window }: Conv2dBackward, tap: number): number[] {
  const { stride, dilation, padding } = window
  const [, inH, inW] = input.shape
  const [n, h, w] = outputGradient.shape
  const [ky, kx] = [Math.floor(tap / weight.shape[3]), tap % weight.shape[3]]
  const isInside = (at: number, k: number, { pad, size }: { pad: number; size: number }) => {
    const from = at * stride + k * dilation - pad
    return from >= 0 && from < size
  }
  return allPixels({ ...window, input, outputGradient, weight }).filter(pixel => {
    const [, y, x] = placeOf([n, h, w, 1], pixel)
    return (
      isInside(y, ky, { pad: padding.top, size: inH }) && isInside(x, kx, { pad: padding.left, size: inW })
    )
  })
}

/** With zeros for the other pixels. */
export function onlyAt(
  { shape, data }: Conv2dBackward['outputGradient'],
  pixels: ReadonlySet<number>,
): Conv2dBackward['outputGradient'] {
  return { shape, data: data.map((value, i) => (pixels.has(Math.floor(i / shape[3])) ? value : 0)) }
}

/** Those that the chooser picks, and odd ones. */
const tiles: Conv2dBackwardWeightTile[] = [
  { rows: 2, columns: 4, lanesX: 8, lanesY: 4 },
  { rows: 2, columns: 4, lanesX: 2, lanesY: 16 },
  { rows: 1, columns: 2, lanesX: 8, lanesY: 1 },
  { rows: 3, columns: 1, lanesX: 1, lanesY: 1 },
  { rows: 1, columns: 3, lanesX: 3, lanesY: 5 },
]

export const suite: KernelSuite<Conv2dBackwardCase> = {
  shader: 'conv2d_backward_weight',
  cases,
  run: test => conv2dBackwardWeightRun(test),
  tiles: Object.fromEntries(
    tiles.map(tile => [
      `${tile.rows} × ${tile.columns} vectors, ${tile.lanesX} × ${tile.lanesY} lanes`,
      {
        cases: forTiles,
        run: (test: Conv2dBackwardCase) =>
          conv2dBackwardWeightRun(test, options => conv2dBackwardWeight({ ...options, tile })),
      },
    ]),
  ),
}
