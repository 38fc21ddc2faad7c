import { weightGradientTiles } from '../../src/graph/convolution/gradient_tiles.ts'
import { conv2dBackwardWeightTiled } from '../../src/kernels/convolution/conv2d_backward_weight.ts'
import type { KernelCases, KernelSuite } from '../support/kernel_suite.ts'
import { forTiles } from './conv2d_backward_input.ts'
import { conv2dBackwardWeightRun } from './conv2d_backward_weight.ts'
import { type Conv2dBackwardCase, cases } from './shared/conv2d_backward_cases.ts'

/** So few pixels are found together that a step of most maps is past the first ones, and that a turn of the loop follows another. */
const smallTile = { rows: 1, columns: 3, lanesX: 2, lanesY: 2, depth: 4, turn: 2 }

const withTile = (tile = weightGradientTiles[0]): KernelCases<Conv2dBackwardCase>['run'] => {
  return test => conv2dBackwardWeightRun(test, options => conv2dBackwardWeightTiled({ ...options, tile }))
}

export const suite: KernelSuite<Conv2dBackwardCase> = {
  shader: 'conv2d_backward_weight_tiled',
  cases,
  run: withTile(),
  tiles: Object.fromEntries(
    [...weightGradientTiles.slice(1), smallTile].map(tile => [
      JSON.stringify(tile),
      { cases: forTiles, run: withTile(tile) },
    ]),
  ),
}
