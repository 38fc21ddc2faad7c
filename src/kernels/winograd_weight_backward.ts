import type { Kernel } from '../gpu/kernel.ts'
import { vectors } from './layout.ts'
import { type WinogradOutputs, winogradConsts, winogradPoints, winogradWeightBytes } from './winograd.ts'

export interface WinogradWeightBackwardOptions {
  label: string
  inChannels: number
  outChannels: number
  outputs: WinogradOutputs
}

/** The gradient of a 3×3 weight from that of its values at Winograd's points: `sums` → [out, in, 3, 3], as PyTorch lays it. */
export function winogradWeightBackward(options: WinogradWeightBackwardOptions): Kernel {
  const { label, inChannels, outChannels, outputs } = options
  const rowTiles = Math.ceil(inChannels / 8)
  return {
    label,
    shader: 'winograd_weight_backward',
    consts: winogradConsts(outputs),
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
    workgroups: rowTiles * Math.ceil(vectors(outChannels) / 8),
  }
}
