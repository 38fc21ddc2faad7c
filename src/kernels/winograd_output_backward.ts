import type { Kernel } from '../gpu/kernel.ts'
import { windowedSize } from './geometry.ts'
import { activationBytes, vectors } from './layout.ts'
import { tileBytes, tileParams, type WinogradStepOptions, winogradConsts, winogradTiles } from './winograd.ts'

/** The gradient of a convolution's output at Winograd's points: [n, h', w', outChannels] → [points, points, channel vectors, tiles]. */
export function winogradOutputBackward(options: WinogradStepOptions): Kernel {
  const { label, input, outputs, outChannels, range } = options
  const [n, inH, inW] = input
  const out = windowedSize({ h: inH, w: inW }, options)
  const tileGroups = Math.ceil(range.count / 8)
  const share = range.count / winogradTiles(options).total
  const read = activationBytes([n, out.h, out.w, outChannels])
  return {
    label,
    shader: 'winograd_output_backward',
    consts: winogradConsts(outputs),
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
    workgroups: tileGroups * Math.ceil(vectors(outChannels) / 8),
    traffic: { output_gradient: share * read },
  }
}
