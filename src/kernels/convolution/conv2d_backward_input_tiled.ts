import type { Kernel } from '../../gpu/kernel.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { tileConstants, workgroupTile } from './conv2d.ts'
import { type Conv2dBackwardInputOptions, inputGradient } from './conv2d_backward_input.ts'
import type { StagedTile } from './conv2d_tiled.ts'

/** `conv2dBackwardInput` for hardware GPUs. The vectors of a tile are of input channels, its depth is output channels. */
export function conv2dBackwardInputTiled(options: Conv2dBackwardInputOptions & { tile: StagedTile }): Kernel {
  const { tile } = options
  return {
    shader: shaders.conv2d_backward_input_tiled,
    constants: { ...tileConstants(tile), STEP_VECTORS: tile.depth / 4 },
    ...inputGradient(options, workgroupTile(tile)),
  }
}
