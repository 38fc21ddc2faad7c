import { concat } from '../../src/kernels/concat.ts'
import { type ConcatCase, concatOf } from '../cases/concat.ts'
import { expectClose } from '../reference/compare.ts'
import { concat as reference } from '../reference/concat.ts'
import { EXACT, fromGpu, toGpu } from '../support/activations.ts'
import type { KernelRun } from '../support/kernel_run.ts'

/** One input of a concatenation copied into a result that holds all the others, and nothing else may change. */
export function concatRun(test: ConcatCase, which: number): KernelRun {
  const inputs = concatOf(test)
  const { shape, data } = reference(inputs)
  const channels = shape[3]
  const offset = test.channels.slice(0, which).reduce((sum, count) => sum + count, 0)
  const end = which === inputs.length - 1 ? Number.POSITIVE_INFINITY : offset + test.channels[which]

  const before = toGpu({ shape, data }).slice()
  const pitch = before.length / (data.length / channels)
  const isToWrite = (channel: number) => channel >= offset && channel < end
  for (let i = 0; i < before.length; i++) if (isToWrite(i % pitch)) before[i] = -99

  const input = toGpu(inputs[which])
  return {
    kernel: concat({ label: test.name, input: inputs[which].shape, slice: { offset, channels } }),
    data: { input, output: before },
    check: ({ output }) => expectClose(fromGpu(output, shape), data, { shape, ...EXACT }),
  }
}
