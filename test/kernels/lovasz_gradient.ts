import { lovaszGradient } from '../../src/kernels/training/lovasz.ts'
import { tolerance } from '../reference/compare.ts'
import { probabilitiesOf } from '../reference/dice_loss.ts'
import { inOrder, lovaszErrors, lovaszExtension } from '../reference/lovasz_softmax.ts'
import { isLabelled } from '../reference/softmax_cross_entropy.ts'
import { floats } from '../support/expected.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { classOf } from './lovasz_errors.ts'
import {
  cases,
  type SoftmaxCrossEntropyCase,
  softmaxCrossEntropyOf,
  softmaxCrossEntropyOptions,
} from './softmax_cross_entropy.ts'

const TILE = 1024

/** The sum of the values before each of them. */
function sumsBefore(values: Uint32Array): Uint32Array {
  let sum = 0
  return values.map(value => {
    sum += value
    return sum - value
  })
}

/** The reference sorts the float32 errors that the kernel gets. */
export const suite: KernelSuite<SoftmaxCrossEntropyCase> = {
  shader: 'lovasz_gradient',
  cases,
  run(test) {
    const operands = softmaxCrossEntropyOf(test)
    const { labels } = operands
    const [channels, classId] = [test.logits[3], classOf(test)]
    const errors = Float32Array.from(lovaszErrors(operands, probabilitiesOf(operands), classId))
    const pixels = inOrder(errors)
    const areas = new Uint32Array(channels)
    for (const label of labels) if (isLabelled(label, operands)) areas[label]++
    const foreground = pixels.toReversed().map(pixel => Number(labels[pixel] === classId))
    const { gradient } = lovaszExtension(operands, errors, classId)
    const slopes = Float64Array.from(gradient, (value, pixel) =>
      labels[pixel] === classId ? (errors[pixel] - 1) * value : errors[pixel] * value,
    )
    const before = Float32Array.from(labels, (_, pixel) => ((pixel % 7) - 3) / 8)
    const largest = slopes.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6)
    const tiles = Math.ceil(labels.length / TILE)
    const partials = new Float64Array(channels * tiles * 2)
    pixels.toReversed().forEach((pixel, rank) => {
      partials[(classId * tiles + Math.floor(rank / TILE)) * 2] += errors[pixel] * gradient[pixel]
    })
    partials[classId * tiles * 2 + 1] = Number(areas[classId] > 0)
    const close = { atol: 1e-5 * largest, rtol: 1e-5 }
    return {
      kernel: lovaszGradient({ ...softmaxCrossEntropyOptions(test), classId }),
      data: {
        areas,
        sorted_errors: Float32Array.from(pixels, pixel => errors[pixel]),
        sorted_pixels: pixels,
        foreground,
        foreground_before: sumsBefore(foreground),
        means: before,
        partials: new Float32Array(partials.length),
      },
      expected: {
        slopes: floats(() => slopes, close),
        means: floats(() => slopes.map((slope, pixel) => slope + (classId > 0 ? before[pixel] : 0)), {
          rtol: 1e-5,
        }),
        partials: floats(() => partials, { rtol: tolerance(TILE) }),
      },
    }
  },
}
