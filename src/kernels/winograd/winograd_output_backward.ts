import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { windowedSize } from '../geometry.ts'
import { activationBytes, vectors } from '../layout.ts'
import {
  tileBytes,
  tileParams,
  type WinogradStepOptions,
  winogradConstants,
  winogradTiles,
} from './winograd.ts'

/** The output's gradient at Winograd's points: [n, h', w', outChannels] → [points, points, channel vectors, tiles]. */
export function winogradOutputBackward(options: WinogradStepOptions): Kernel {
  const { label, input, outputs, outChannels, range } = options
  const [n, inH, inW] = input
  const out = windowedSize({ h: inH, w: inW }, options)
  const tiles = constantOf(shaders.winograd_output_backward, 'WORKGROUP_TILES')
  const columns = constantOf(shaders.winograd_output_backward, 'WORKGROUP_VECTORS')
  const tileGroups = Math.ceil(range.count / tiles)
  const share = range.count / winogradTiles(options).total
  const read = activationBytes([n, out.h, out.w, outChannels])
  return {
    label,
    shader: shaders.winograd_output_backward,
    constants: winogradConstants(outputs),
    params: {
      out_h: out.h,
      out_w: out.w,
      out_vectors: vectors(outChannels),
      ...tileParams(options),
      tile_groups: tileGroups,
      lines: outputs,
    },
    inputs: { output_gradient: read },
    outputs: { gradients: tileBytes(outputs, outChannels, range.count) },
    workgroups: tileGroups * Math.ceil(vectors(outChannels) / columns),
    traffic: { output_gradient: share * read },
  }
}
