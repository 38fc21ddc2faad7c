import { conv2dTiled, type StagedTile } from '../../src/kernels/convolution/conv2d_tiled.ts'
import { emittingStatistics } from '../../src/kernels/normalisation/emitting_statistics.ts'
import { type Array4, placeOf } from '../reference/array4.ts'
import { tolerance } from '../reference/compare.ts'
import { type Conv2d, conv2d as reference } from '../reference/conv2d.ts'
import { padding } from '../reference/window.ts'
import { toGpu } from '../support/activations.ts'
import { floats } from '../support/expected.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { statisticsOf, tilesOf } from './batch_norm_statistics.ts'
import {
  type Conv2dRunOptions,
  conv2dCase,
  conv2dOf,
  conv2dRun,
  outputOf,
  tileName,
  wholeVectors,
} from './conv2d.ts'
import { branchesRun, twoBranches } from './shared/conv2d_branches.ts'
import { type Conv2dCase, cases, plain } from './shared/conv2d_cases.ts'

export const forTiles = [
  '5 → 21 channels, batch 3',
  '7×7 stride 2',
  '1×1 with padding: a border of bias alone',
  'dilation 8 on 9×9: the edges alone see other taps',
  'dilation 12 on 33×7: taps beside never, above and below sometimes',
  'residual, relu, batch 3, 24 → 24',
  'bias per image, 3×3, residual, batch 2',
  'residual in place, 21 channels',
  'Inf where only far taps reach: padding must not multiply it',
].map(conv2dCase)

/** So few pixels that a map has several of them. */
export const smallTile: StagedTile = { pixels: 2, vectors: 1, lanesX: 4, lanesY: 4, depth: 16 }
const SMALL_TILE_PIXELS = 8

/** Those that the chooser picks, others that tuning may, and a small one: that has regions in more maps. */
const tiles: StagedTile[] = [
  { pixels: 4, vectors: 2, lanesX: 8, lanesY: 16, depth: 16 },
  { pixels: 8, vectors: 2, lanesX: 8, lanesY: 16, depth: 16 },
  { pixels: 4, vectors: 1, lanesX: 8, lanesY: 8, depth: 8 },
  { pixels: 2, vectors: 2, lanesX: 4, lanesY: 16, depth: 32 },
  smallTile,
]

const manyRegions: Conv2dCase = {
  ...plain,
  name: 'dilation 5 on 7×7: nine regions',
  input: [1, 7, 7, 5],
  outChannels: 9,
  dilation: 5,
  padding: padding(5),
  answer: true,
}
const pointwise = { ...plain, kernel: [1, 1], padding: padding(0), answer: true } as const

/** In one split, by the tile that the kernel chooses unless there is another. */
export const suite: KernelSuite<Conv2dCase> = {
  shader: 'conv2d_tiled',
  cases,
  run: test => tiledRun(test),
  variants: {
    'into 40 channels, from 12 on': {
      cases: wholeVectors,
      run: test => tiledRun(test, { slice: { offset: 12, channels: 40 } }),
    },
    'in two splits': {
      cases: [{ ...pointwise, name: '1×1, 40 → 5 channels', input: [1, 3, 4, 40] }],
      run: test => splitRun(test, 2),
    },
    'leaving statistics': {
      cases: [{ ...pointwise, name: '1×1, 8 → 9 channels', input: [1, 3, 4, 8], outChannels: 9 }],
      run: statisticsRun,
    },
    'two branches': { cases: [twoBranches], run: test => branchesRun(test) },
  },
  tiles: Object.fromEntries(
    tiles.map(tile => [
      `${tileName(tile)}, depth ${tile.depth}`,
      {
        cases: tile === smallTile ? [...forTiles, manyRegions] : forTiles,
        run: (test: Conv2dCase) => tiledRun(test, { tile }),
      },
    ]),
  ),
}

function tiledRun(
  test: Conv2dCase,
  { tile, slice }: { tile?: StagedTile; slice?: Conv2dRunOptions['slice'] } = {},
): KernelRun {
  return conv2dRun(test, { variant: options => conv2dTiled({ ...options, tile }), slice })
}

/** The partial sums of a 1×1 convolution. */
function splitRun(test: Conv2dCase, splits: number): KernelRun {
  const { expected: _, ...run } = conv2dRun(test, { variant: options => conv2dTiled({ ...options, splits }) })
  const { weight, bias: _bias, ...others } = conv2dOf(test)
  const partials = () =>
    Array.from({ length: splits }, (_, split) =>
      toGpu(reference({ ...others, weight: shareOf(weight, { split, splits }) })),
    )
  const values = () => Float32Array.from(partials().flatMap(partial => [...partial]))
  return { ...run, expected: { partials: floats(values, { rtol: tolerance(test.input[3]) }) } }
}

/** Input channels of a step of the sum. */
const DEPTH = 16

/** A 1×1 weight with zeros for all input channels but those of a split. */
function shareOf({ shape, data }: Conv2d['weight'], { split, splits }: { split: number; splits: number }) {
  const steps = Math.ceil(shape[1] / DEPTH)
  const first = Math.floor((steps * split) / splits) * DEPTH
  const end = Math.floor((steps * (split + 1)) / splits) * DEPTH
  const isInside = (index: number) => {
    const [, channel] = placeOf(shape, index)
    return channel >= first && channel < end
  }
  return { shape, data: data.map((value, index) => (isInside(index) ? value : 0)) }
}

/** With the statistics of each tile for batch norm. All pixels of a 1×1 convolution are one region: tiles go row by row. */
function statisticsRun(test: Conv2dCase): KernelRun {
  const run = conv2dRun(test, {
    variant: options => emittingStatistics(conv2dTiled({ ...options, tile: smallTile }))!,
  })
  const output = (): Array4 => outputOf(test)
  const statistics = () => statisticsOf(tilesOf(output(), { tile: SMALL_TILE_PIXELS }))
  return {
    ...run,
    expected: { ...run.expected, statistics: floats(statistics, { rtol: tolerance(SMALL_TILE_PIXELS) }) },
  }
}
