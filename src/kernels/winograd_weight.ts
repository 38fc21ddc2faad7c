import type { Kernel } from '../gpu/kernel.ts'
import { VECTOR_BYTES, vectors } from './layout.ts'
import { type WinogradOutputs, winogradConsts, winogradWeightBytes } from './winograd.ts'

export interface WinogradWeightOptions {
  label: string
  inChannels: number
  outChannels: number
  outputs: WinogradOutputs
}

/** A 3×3 weight, as `foldBatchNorm` lays it, at Winograd's points: `weight` → `transformed`, [points, points, in, out vectors]. */
export function winogradWeight({ label, inChannels, outChannels, outputs }: WinogradWeightOptions): Kernel {
  const count = vectors(inChannels) * 4 * vectors(outChannels)
  return {
    label,
    shader: 'winograd_weight',
    consts: winogradConsts(outputs),
    params: { count },
    inputs: { weight: 9 * count * VECTOR_BYTES },
    outputs: { transformed: winogradWeightBytes(outputs, inChannels, outChannels) },
    workgroups: Math.ceil(count / 64),
  }
}
