import type { AdapterTraits } from '../../src/bench/answers/kernel_check.ts'
import { conv2dBackwardInputSubgroup } from '../../src/kernels/convolution/conv2d_backward_input.ts'
import type { SubgroupTile } from '../../src/kernels/convolution/subgroup_tile.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { throughTextures } from '../support/through_textures.ts'
import { conv2dBackwardInputRun } from './conv2d_backward_input.ts'
import { type Conv2dBackwardCase, cases } from './shared/conv2d_backward_cases.ts'

const subgroupRun = (
  test: Conv2dBackwardCase,
  { subgroupSize = 0 }: AdapterTraits,
  tile?: SubgroupTile,
): KernelRun =>
  conv2dBackwardInputRun(test, options => conv2dBackwardInputSubgroup({ ...options, subgroupSize, tile }))

/** Those that the kernel has, whatever the channels and the adapter. */
const tiles: SubgroupTile[] = [
  { pixels: 3, vectors: 4 },
  { pixels: 4, vectors: 2 },
  { pixels: 6, vectors: 4 },
  { pixels: 6, vectors: 2 },
]
const forTiles = cases
  .filter(({ stride, spotCheck }) => stride > 1 && !spotCheck)
  .map(test => ({ ...test, answer: false }))

export const suite: KernelSuite<Conv2dBackwardCase> = {
  shader: 'conv2d_backward_input_subgroup',
  needs: 'subgroups',
  cases,
  run: (test, adapter) => subgroupRun(test, adapter),
  variants: throughTextures({ cases, run: (test, adapter) => subgroupRun(test, adapter) }, [
    'input',
    'weight',
  ]),
  tiles: Object.fromEntries(
    tiles.map(tile => [
      `${tile.pixels} pixels × ${tile.vectors} vectors`,
      {
        cases: forTiles,
        run: (test: Conv2dBackwardCase, adapter: AdapterTraits) => subgroupRun(test, adapter, tile),
      },
    ]),
  ),
}
