import { sliceChannels } from '../../src/kernels/slice_channels.ts'
import { type SliceChannelsCase, sliceChannelsOf } from '../cases/slice_channels.ts'
import { expectClose } from '../reference/compare.ts'
import { sliceChannels as reference } from '../reference/slice_channels.ts'
import { EXACT, fromGpu, toGpu } from '../support/activations.ts'
import type { KernelRun } from '../support/kernel_run.ts'

export function sliceChannelsRun(test: SliceChannelsCase): KernelRun {
  const input = sliceChannelsOf(test)
  const { slice } = test
  const { shape, data } = reference(input, slice.offset, slice.channels)
  return {
    kernel: sliceChannels({ label: test.name, input: input.shape, slice }),
    data: { input: toGpu(input) },
    check: ({ output }) => expectClose(fromGpu(output, shape), data, { shape, ...EXACT }),
  }
}
