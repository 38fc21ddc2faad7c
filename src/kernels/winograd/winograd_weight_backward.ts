import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { vectors } from '../layout.ts'
import { type WinogradOutputs, winogradConstants, winogradPoints, winogradWeightBytes } from './winograd.ts'

export interface WinogradWeightBackwardOptions {
  label: string
  inChannels: number
  outChannels: number
  outputs: WinogradOutputs
}

/**
 * The gradient of a 3×3 weight from the gradient of its values at Winograd's points: `sums` → [out, in, 3, 3],
 * PyTorch's layout.
 */
export function winogradWeightBackward(options: WinogradWeightBackwardOptions): Kernel {
  const { label, inChannels, outChannels, outputs } = options
  const channels = constantOf(shaders.winograd_weight_backward, 'WORKGROUP_CHANNELS')
  const columns = constantOf(shaders.winograd_weight_backward, 'WORKGROUP_VECTORS')
  const rowTiles = Math.ceil(inChannels / channels)
  return {
    label,
    shader: shaders.winograd_weight_backward,
    constants: winogradConstants(outputs),
    params: {
      in_channels: inChannels,
      in_padded: vectors(inChannels) * 4,
      out_channels: outChannels,
      out_vectors: vectors(outChannels),
      row_tiles: rowTiles,
      points: winogradPoints(outputs),
    },
    inputs: { sums: winogradWeightBytes(outputs, inChannels, outChannels) },
    outputs: { weight_gradient: outChannels * inChannels * 9 * 4 },
    workgroups: rowTiles * Math.ceil(vectors(outChannels) / columns),
  }
}
