import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { paddingParams } from '../geometry.ts'
import { vectors } from '../layout.ts'
import { tileParams, type WinogradStepOptions } from './winograd.ts'
import { inputTransform } from './winograd_input_rows.ts'

/** Tiles and vectors of a workgroup. */
const TILES = constantOf(shaders.winograd_input, 'WORKGROUP_TILES')
const VECTORS = constantOf(shaders.winograd_input, 'WORKGROUP_VECTORS')

/** The inputs of the tiles in `range`, at Winograd's points: [n, h, w, c] → [points, points, channel vectors, tiles]. */
export function winogradInput(options: WinogradStepOptions): Kernel {
  const { input, outputs, padding, range } = options
  const [, inH, inW, inChannels] = input
  const tileGroups = Math.ceil(range.count / TILES)
  return {
    ...inputTransform(options),
    shader: shaders.winograd_input,
    params: {
      in_h: inH,
      in_w: inW,
      in_vectors: vectors(inChannels),
      ...tileParams(options),
      tile_groups: tileGroups,
      lines: outputs + 2,
      ...paddingParams(padding),
    },
    workgroups: tileGroups * Math.ceil(vectors(inChannels) / VECTORS),
  }
}
