import { expect } from 'chai'
import { maxPoolBackward, maxPoolWinners } from '../../src/kernels/max_pool_backward.ts'
import { type MaxPoolBackwardCase, maxPoolBackwardOf } from '../cases/max_pool_backward.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import {
  type MaxPoolBackward,
  maxPoolBackward as reference,
  maxPoolWinners as winnersReference,
} from '../reference/max_pool_backward.ts'
import { fromGpu, toGpu } from '../support/activations.ts'
import type { KernelRun } from '../support/kernel_run.ts'

export function maxPoolWinnersRun(test: MaxPoolBackwardCase): KernelRun {
  const operands = maxPoolBackwardOf(test)
  const { channels, pitch } = channelsOf(operands)
  return {
    kernel: maxPoolWinners(optionsOf(test, operands)),
    data: { input: toGpu(operands.input) },
    check: ({ winners }) =>
      // What the kernel says of the channels that pad a vector is nobody's business.
      expect(winners.filter((_, i) => i % pitch < channels)).to.deep.equal(winnersReference(operands)),
  }
}

/** Winners that the reference finds. */
export function maxPoolBackwardRun(test: MaxPoolBackwardCase): KernelRun {
  const operands = maxPoolBackwardOf(test)
  const { input, outputGradient, kernel } = operands
  const { shape } = input
  const rtol = tolerance(kernel[0] * kernel[1])
  return {
    kernel: maxPoolBackward(optionsOf(test, operands)),
    data: { winners: winnersForGpu(operands), output_gradient: toGpu(outputGradient) },
    check: ({ input_gradient }) =>
      expectClose(fromGpu(input_gradient, shape), reference(operands).data, { shape, rtol }),
  }
}

function optionsOf(
  { name: label }: MaxPoolBackwardCase,
  { input, kernel, stride, padding }: MaxPoolBackward,
) {
  return { label, input: input.shape, kernel, stride, padding }
}

function channelsOf({ input }: MaxPoolBackward) {
  const channels = input.shape[3]
  return { channels, pitch: Math.ceil(channels / 4) * 4 }
}

/** Bytes as the kernel lays them, zeros for the channels that pad a vector. */
export function winnersForGpu(operands: MaxPoolBackward): Uint8Array {
  const { channels, pitch } = channelsOf(operands)
  const winners = winnersReference(operands)
  const padded = new Uint8Array((winners.length / channels) * pitch)
  winners.forEach((winner, i) => {
    padded[Math.floor(i / channels) * pitch + (i % channels)] = winner
  })
  return padded
}
