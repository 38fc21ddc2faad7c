// A convolution whose window reaches over so many rows that not even one row of its output can be computed at once, as atrous
// convolutions of many channels do on large photos: it becomes a sum of convolutions of fewer input channels.

import type { Tensor } from '../ir/tensor.ts'
import type { FusedConv2dOp } from '../ops/conv2d.ts'
import type { FusedOp } from '../ops/index.ts'

/** The convolution of one half of the input channels, and the one of the other half, which is added to what the first one wrote. */
export function splitByInputChannels(op: FusedConv2dOp): FusedOp[] {
  const { input, residual, imageBias } = op.inputs
  const [n, h, w, channels] = input.shape
  const half = Math.ceil(channels / 8) * 4
  const slices = [
    { from: 0, to: half },
    { from: half, to: channels },
  ].map(({ from, to }) => {
    const name = `${input.name} for ${op.name}, channels ${from}…${to - 1}`
    const output: Tensor = { name, shape: [n, h, w, to - from], dtype: input.dtype }
    const slice: FusedOp = { kind: 'sliceChannels', name, inputs: { input }, offset: from, output }
    return { slice, from, to }
  })
  const first = op.inputChannels?.from ?? 0
  const [{ slice: firstSlice }, { slice: secondSlice }] = slices
  const [firstChannels, secondChannels] = slices.map(({ from, to }) => ({
    from: first + from,
    to: first + to,
  }))
  return [
    firstSlice,
    {
      ...op,
      name: `${op.name}, first half`,
      inputs: { input: firstSlice.output, residual },
      inputChannels: firstChannels,
      withoutBias: true,
      activation: 'none',
    },
    secondSlice,
    {
      ...op,
      name: `${op.name}, second half`,
      inputs: { input: secondSlice.output, residual: op.output, imageBias },
      inputChannels: secondChannels,
      inPlace: true,
    },
  ]
}
