import { inputGradientTiles } from '../../src/graph/convolution/gradient_tiles.ts'
import { conv2dBackwardInputTiled } from '../../src/kernels/convolution/conv2d_backward_input.ts'
import type { KernelCases, KernelSuite } from '../support/kernel_suite.ts'
import { tileName } from './conv2d.ts'
import { conv2dBackwardInputRun, forTiles } from './conv2d_backward_input.ts'
import { type Conv2dBackwardCase, cases } from './shared/conv2d_backward_cases.ts'

/** So small that all maps have several of them. */
const smallTile = { pixels: 2, vectors: 1, lanesX: 4, lanesY: 4, depth: 16 }

const withTile = (tile = inputGradientTiles[0]): KernelCases<Conv2dBackwardCase>['run'] => {
  return test => conv2dBackwardInputRun(test, options => conv2dBackwardInputTiled({ ...options, tile }))
}

export const suite: KernelSuite<Conv2dBackwardCase> = {
  shader: 'conv2d_backward_input_tiled',
  cases,
  run: withTile(),
  tiles: Object.fromEntries(
    [...inputGradientTiles.slice(1), smallTile].map(tile => [
      tileName(tile),
      { cases: forTiles, run: withTile(tile) },
    ]),
  ),
}
