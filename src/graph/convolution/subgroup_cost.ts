// What conv2d_subgroup costs on a CPU.

import type { Conv2dOptions } from '../../kernels/conv2d.ts'
import { subgroupTile } from '../../kernels/conv2d_subgroup.ts'
import { windowedSize } from '../../kernels/geometry.ts'
import { CPU_SUBGROUP } from './target.ts'

/** Multiply-adds of its tiles at the taps that are inside the map for some of a tile's pixels. */
export function subgroupCost(options: Conv2dOptions): number {
  const { input, outChannels, kernel, stride, dilation, padding } = options
  const [n, inH, inW, inChannels] = input
  const out = windowedSize({ h: inH, w: inW }, options)
  const { pixels, vectors } = subgroupTile(outChannels)
  const tile = pixels * CPU_SUBGROUP
  let tiles = 0
  for (let tapY = 0; tapY < kernel[0]; tapY++)
    for (let tapX = 0; tapX < kernel[1]; tapX++) {
      const rows = inside({ size: inH, outputs: out.h, stride, before: padding.top - tapY * dilation })
      const columns = inside({ size: inW, outputs: out.w, stride, before: padding.left - tapX * dilation })
      if (columns.from >= columns.to) continue
      let next = 0
      for (let row = rows.from; row < rows.to; row++) {
        const first = Math.max(next, Math.floor(((row * out.w + columns.from) * n) / tile))
        next = Math.max(next, Math.ceil(((row * out.w + columns.to) * n) / tile))
        tiles += next - first
      }
    }
  return tiles * tile * inChannels * Math.ceil(outChannels / (vectors * 4)) * vectors * 4
}

/** The outputs along an axis for which the input `before` pixels before their windows' corner is inside the map. */
const inside = (along: { size: number; outputs: number; stride: number; before: number }) => ({
  from: Math.max(0, Math.ceil(along.before / along.stride)),
  to: Math.min(along.outputs, Math.ceil((along.size + along.before) / along.stride)),
})
