import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { vectors } from '../layout.ts'
import { tileParams, type WinogradStepOptions, winogradPoints } from './winograd.ts'
import { outputTransform } from './winograd_output_rows.ts'

/** Tiles and vectors of a workgroup. */
const TILES = constantOf(shaders.winograd_output, 'WORKGROUP_TILES')
const VECTORS = constantOf(shaders.winograd_output, 'WORKGROUP_VECTORS')

/**
 * act(outputs + bias + residual) of the tiles in `range`, from the products at Winograd's points: → [n, h', w',
 * outChannels].
 */
export function winogradOutput(options: WinogradStepOptions): Kernel {
  const { mapParams, endParams, ...whole } = outputTransform(options)
  const { out_h, out_w, ...slice } = mapParams
  const outVectors = vectors(options.outChannels)
  const tileGroups = Math.ceil(options.range.count / TILES)
  return {
    ...whole,
    shader: shaders.winograd_output,
    params: {
      ...{ out_h, out_w, out_vectors: outVectors, ...slice },
      ...tileParams(options),
      tile_groups: tileGroups,
      points: winogradPoints(options.outputs),
      ...endParams,
    },
    workgroups: tileGroups * Math.ceil(outVectors / VECTORS),
  }
}
