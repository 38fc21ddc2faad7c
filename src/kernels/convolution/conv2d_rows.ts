import type { Kernel } from '../../gpu/kernel.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { VECTOR_BYTES, vectors } from '../layout.ts'
import { type Conv2dOptions, implicitGemm, windowParams } from './conv2d.ts'
import { type RowTile, rowConstants, rowWorkgroup, uniformLanes } from './row_products.ts'
import { isPointwise, termsOf } from './row_tiles.ts'

/**
 * `conv2d` for GPUs of AMD and Intel. With one split it writes `output`. With more splits it writes `partials` for
 * `conv2dMerge`.
 */
export function conv2dRows(options: Conv2dOptions & { tile: RowTile; splits?: number }): Kernel {
  const { outChannels, tile, splits = 1 } = options
  const terms = termsOf(options)
  const workgroup = rowWorkgroup(outChannels, tile)
  const whole = implicitGemm(options, { pixels: workgroup.rows, vectors: workgroup.vectors })
  const { k_h: _, ...params } = { ...whole.params, ...windowParams(options) }
  const columnTiles = Math.ceil(vectors(outChannels) / workgroup.vectors)
  const partials = splits * params.pixels * params.out_vectors * VECTOR_BYTES
  return {
    ...whole,
    shader: shaders.conv2d_rows,
    uniformLanes: uniformLanes(outChannels, tile),
    constants: { ...rowConstants(options, tile, terms), POINTWISE: Number(isPointwise(options)) },
    params: { ...params, sum_vectors: terms / 4, column_tiles: columnTiles, splits },
    ...(splits > 1 && { traffic: undefined }),
    inputs: splits > 1 ? { ...whole.inputs, bias: 0, residual: 0 } : whole.inputs,
    outputs: splits > 1 ? { output: 0, partials } : { ...whole.outputs, partials: 0 },
    workgroups: whole.workgroups * splits,
  }
}
