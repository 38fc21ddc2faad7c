import type { Kernel } from '../gpu/kernel.ts'
import { activationBytes, vectors } from './layout.ts'
import { tileBytes, tileParams, type WinogradStepOptions, winogradConsts, winogradTiles } from './winograd.ts'

/** The tiles of a map at Winograd's points: [n, h, w, c] → [points, points, channel vectors, tiles]. */
export function winogradInput(options: WinogradStepOptions): Kernel {
  const { label, input, outputs, padding, range } = options
  const [, inH, inW, inChannels] = input
  const tileGroups = Math.ceil(range.count / 8)
  const share = range.count / winogradTiles(options).total
  return {
    label,
    shader: 'winograd_input',
    consts: winogradConsts(outputs),
    params: {
      in_h: inH,
      in_w: inW,
      in_vectors: vectors(inChannels),
      ...tileParams(options),
      tile_groups: tileGroups,
      lines: outputs + 2,
      pad_top: padding.top,
      pad_left: padding.left,
    },
    inputs: { input: activationBytes(input) },
    outputs: { tiles: tileBytes(outputs, inChannels, range.count) },
    workgroups: tileGroups * Math.ceil(vectors(inChannels) / 8),
    traffic: { input: share * activationBytes(input) },
  }
}
