import type { Kernel } from '../../gpu/kernel.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { type RowTile, rowConstants, rowWorkgroup, uniformLanes } from '../convolution/row_products.ts'
import { vectors } from '../layout.ts'
import type { WinogradStepOptions } from './winograd.ts'
import { batchedProduct } from './winograd_multiply.ts'

/** `winogradMultiplyTiled` for GPUs of AMD and Intel. */
export function winogradMultiplyRows(options: WinogradStepOptions & { tile: RowTile }): Kernel {
  const { input, outChannels, tile } = options
  const { rows, vectors: columns } = rowWorkgroup(outChannels, tile)
  return {
    shader: shaders.winograd_multiply_rows,
    uniformLanes: uniformLanes(outChannels, tile),
    constants: rowConstants(options, tile, vectors(input[3]) * 4),
    ...batchedProduct(options, { tiles: rows, vectors: columns }),
  }
}
