// Several convolutions of one input, side by side in the output: the branches of atrous spatial pyramid pooling.

import {
  type Conv2dBranches,
  conv2dTiled,
  type StagedTile,
} from '../../../src/kernels/convolution/conv2d_tiled.ts'
import { symmetric, type Window } from '../../../src/kernels/geometry.ts'
import { tolerance } from '../../reference/compare.ts'
import { conv2dShape, conv2d as reference } from '../../reference/conv2d.ts'
import { toGpu } from '../../support/activations.ts'
import { floats } from '../../support/expected.ts'
import type { KernelRun } from '../../support/kernel_run.ts'
import { packWeight } from '../../support/pack_weight.ts'
import { conv2dOf } from '../conv2d.ts'
import { type Conv2dCase, plain } from './conv2d_cases.ts'

export type BranchWindow = Omit<Window, 'stride'>

/** The first channel of the first branch. */
const OFFSET = 8

const twoWindows: BranchWindow[] = [
  { kernel: [1, 1], dilation: 1, padding: symmetric(0) },
  { kernel: [3, 3], dilation: 2, padding: symmetric(2) },
]

/** What the branches share. */
export const twoBranches: Conv2dCase = {
  ...plain,
  name: '1×1 and 3×3 at rate 2, 5 → 4 channels each',
  input: [1, 4, 5, 5],
  outChannels: 4,
  answer: true,
}

interface BranchesRun extends KernelRun {
  /** For a kernel that does the rest, where the sums are split. */
  options: Conv2dBranches
}

/** `test` has what the branches share, `windows` how they differ. */
export function branchesRun(
  test: Conv2dCase,
  { windows = twoWindows, ...choice }: { windows?: BranchWindow[]; tile?: StagedTile; splits?: number } = {},
): BranchesRun {
  const { outChannels } = test
  const { input } = conv2dOf(test)
  const parts = windows.map((window, i) => ({ ...conv2dOf({ ...test, ...window, seed: 10 * i }), input }))
  const packed = parts.map(packWeight)
  const slice = { offset: OFFSET, channels: OFFSET + outChannels * windows.length }
  const options: Conv2dBranches = {
    ...{ ...test, ...windows[0], label: test.name },
    branches: windows.map(window => ({ ...window, stride: test.stride })),
    slice,
  }
  const [n, h, w] = conv2dShape(parts[0])
  const before = Float32Array.from({ length: n * h * w * slice.channels }, (_, index) => index)
  const output = () => {
    const wide = before.slice()
    parts.forEach((part, branch) => {
      const first = slice.offset + branch * outChannels
      reference(part).data.forEach((value, i) => {
        wide[Math.floor(i / outChannels) * slice.channels + first + (i % outChannels)] = value
      })
    })
    return wide
  }
  const shape = [n, h, w, slice.channels] as const
  return {
    options,
    kernel: conv2dTiled({ ...options, ...choice }),
    data: {
      input: toGpu(input),
      weight: joined(packed.map(({ weight }) => weight)),
      bias: joined(packed.map(({ bias }) => bias)),
      output: before,
    },
    expected: { output: floats(output, { shape, rtol: tolerance(9 * test.input[3]) }) },
  }
}

const joined = (parts: Float32Array[]) => Float32Array.from(parts.flatMap(part => [...part]))
