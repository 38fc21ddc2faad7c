import type { AdapterTraits } from '../../src/bench/answers/kernel_check.ts'
import { conv2dSubgroup } from '../../src/kernels/convolution/conv2d_subgroup.ts'
import type { SubgroupTile } from '../../src/kernels/convolution/subgroup_tile.ts'
import { emittingStatistics } from '../../src/kernels/normalisation/emitting_statistics.ts'
import { tolerance } from '../reference/compare.ts'
import { padding } from '../reference/window.ts'
import { floats } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { throughTextures } from '../support/through_textures.ts'
import { statisticsOf, tilesOf } from './batch_norm_statistics.ts'
import { type Conv2dRunOptions, conv2dRun, outputOf, wholeVectors } from './conv2d.ts'
import { type Conv2dCase, cases, plain } from './shared/conv2d_cases.ts'

function subgroupRun(
  test: Conv2dCase,
  { subgroupSize = 0 }: AdapterTraits,
  { tile, ...options }: Conv2dRunOptions & { tile?: SubgroupTile } = {},
): KernelRun {
  const variant: Conv2dRunOptions['variant'] = given => conv2dSubgroup({ ...given, subgroupSize, tile })
  return conv2dRun(test, { variant, ...options })
}

/** The same with the statistics for batch norm, of a map of one tile: which pixels a tile has depends on the size of subgroups. */
function statisticsRun(test: Conv2dCase, { subgroupSize = 0 }: AdapterTraits): KernelRun {
  const variant: Conv2dRunOptions['variant'] = options =>
    emittingStatistics(conv2dSubgroup({ ...options, subgroupSize }))!
  const run = conv2dRun(test, { variant })
  const statistics = () => {
    const output = outputOf(test)
    return statisticsOf(tilesOf(output, { tile: output.data.length }))
  }
  const pixels = test.input[1] * test.input[2]
  return {
    ...run,
    expected: { ...run.expected, statistics: floats(statistics, { rtol: tolerance(pixels) }) },
  }
}

/** Those that the kernel has, whatever the channels and the adapter. */
const tiles: SubgroupTile[] = [
  { pixels: 3, vectors: 4 },
  { pixels: 4, vectors: 2 },
  { pixels: 6, vectors: 4 },
  { pixels: 6, vectors: 2 },
]
const forTiles = ['one channel', 'stride 2, batch 3', 'dilation'].flatMap(word =>
  cases.filter(({ name, spotCheck }) => name.includes(word) && !spotCheck),
)

const isWholeMatrix = ({ kernel: [h, w], input, outChannels }: Conv2dCase) =>
  h === 1 && w === 1 && input[3] % 4 === 0 && outChannels % 4 === 0

const pointwise = {
  ...plain,
  input: [1, 3, 4, 8],
  kernel: [1, 1],
  padding: padding(0),
  answer: true,
} as const

export const suite: KernelSuite<Conv2dCase> = {
  shader: 'conv2d_subgroup',
  needs: 'subgroups',
  cases,
  run: (test, adapter) => subgroupRun(test, adapter),
  variants: {
    ...throughTextures({ cases, run: (test, adapter) => subgroupRun(test, adapter) }, ['input']),
    'a 1×1 weight in PyTorch’s layout': {
      cases: [
        ...cases.filter(isWholeMatrix),
        { ...pointwise, name: '1×1, 8 → 12 channels', outChannels: 12 },
        { ...pointwise, name: '1×1, 8 → 16 channels', outChannels: 16 },
      ],
      run: (test, adapter) => subgroupRun(test, adapter, { unpacked: true }),
    },
    'into 40 channels, from 12 on': {
      cases: wholeVectors,
      run: (test, adapter) => subgroupRun(test, adapter, { slice: { offset: 12, channels: 40 } }),
    },
    'leaving statistics': {
      cases: [
        { ...pointwise, name: '1×1, 8 → 9 channels', outChannels: 9 },
        { ...pointwise, name: '1×1, 8 → 16 channels', outChannels: 16 },
      ],
      run: statisticsRun,
    },
  },
  tiles: Object.fromEntries(
    tiles.map(tile => [
      `${tile.pixels} pixels × ${tile.vectors} vectors`,
      {
        cases: forTiles.map(test => ({ ...test, answer: false })),
        run: (test: Conv2dCase, adapter: AdapterTraits) => subgroupRun(test, adapter, { tile }),
      },
    ]),
  ),
}
