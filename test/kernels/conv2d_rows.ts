import { allRowTiles } from '../../src/graph/convolution/vendors.ts'
import { conv2dRows } from '../../src/kernels/convolution/conv2d_rows.ts'
import { type RowTile, rowTileLimits } from '../../src/kernels/convolution/row_products.ts'
import { padding } from '../reference/window.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { type Conv2dRunOptions, conv2dCase, conv2dRun, wholeVectors } from './conv2d.ts'
import { type Conv2dCase, cases, plain } from './shared/conv2d_cases.ts'

/** Of a single row and vector: the one that compiles fastest. With two parts `doctor` also sees whether subgroups are as they expect. */
export const smallRowTile: RowTile = {
  lanes: 32,
  parts: 2,
  rows: 1,
  vectors: 1,
  depth: 8,
  unroll: 4,
  together: 2,
  prefetch: true,
  packed: false,
}

/** Every tile that a vendor's GPU may get, by name. */
const rowTiles = new Map(allRowTiles().map(tile => [nameOf(tile), tile]))

const forTiles = ['7×7 stride 2', 'residual, relu, batch 3, 24 → 24', 'residual in place, 21 channels'].map(
  conv2dCase,
)
const pointwise: Conv2dCase = {
  ...plain,
  name: '1×1, 37 → 68 channels',
  input: [2, 9, 9, 37],
  outChannels: 68,
  kernel: [1, 1],
  padding: padding(0),
}
/** Of which a workgroup with parts needs all, so that some compute no output channel. */
const wide: Conv2dCase = { ...pointwise, name: '1×1, 37 → 172 channels', outChannels: 172 }

/** The variants of a suite for each tile. */
export const rowTileCases = <Case extends { name: string }>(
  cases: Case[],
  run: (test: Case, tile: RowTile) => KernelRun,
): KernelSuite<Case>['tiles'] =>
  Object.fromEntries(
    [...rowTiles].map(([name, tile]) => [
      name,
      { cases, run: (test: Case) => ({ ...run(test, tile), workgroupBytes: rowTileLimits(tile).bytes }) },
    ]),
  )

function nameOf({ lanes, parts = 1, rows, vectors, depth, unroll, prefetch }: RowTile): string {
  const workgroup = parts > 1 ? `${parts} × ${lanes}` : lanes
  const name = `${rows} rows × ${vectors} vectors, ${workgroup} lanes, depth ${depth} by ${unroll}`
  return prefetch ? `${name}, prefetching` : name
}

/**
 * Ten seconds each on two cores: `untested` as they are, and tested with 64 of their output channels. The layer at rate 6 is tested with
 * all of them.
 */
const isDear = ({ name }: Conv2dCase) => ['aspp rate 12', 'aspp rate 18'].includes(name)

export const suite: KernelSuite<Conv2dCase> = {
  shader: 'conv2d_rows',
  cases: cases.map(test => ({ ...test, untested: isDear(test) })),
  run: test => rowsRun(test, smallRowTile),
  variants: {
    'with 64 output channels': {
      cases: cases.filter(isDear).map(test => ({ ...test, outChannels: 64 })),
      run: test => rowsRun(test, smallRowTile),
    },
    'into 40 channels, from 12 on': {
      cases: wholeVectors,
      run: test => rowsRun(test, smallRowTile, { offset: 12, channels: 40 }),
    },
  },
  tiles: rowTileCases([...forTiles, pointwise, wide], rowsRun),
}

function rowsRun(test: Conv2dCase, tile: RowTile, slice?: Conv2dRunOptions['slice']): KernelRun {
  return conv2dRun(test, { variant: options => conv2dRows({ ...options, tile }), slice })
}
