// The work of kernels that skip a tap where it is outside the map for all pixels of a tile.

import type { Conv2dOptions } from '../../kernels/convolution/conv2d.ts'
import { windowedSize } from '../../kernels/geometry.ts'

/** Multiply-adds of tiles at the taps that are inside the map for some of a tile's pixels. */
export function tilesCost(options: Conv2dOptions, tile: { pixels: number; vectors: number }): number {
  const { input, outChannels, kernel, stride, dilation, padding } = options
  const [n, inH, inW, inChannels] = input
  const out = windowedSize({ h: inH, w: inW }, options)
  let tiles = 0
  for (let tapY = 0; tapY < kernel[0]; tapY++)
    for (let tapX = 0; tapX < kernel[1]; tapX++) {
      const rows = inside({ size: inH, outputs: out.h, stride, before: padding.top - tapY * dilation })
      const columns = inside({ size: inW, outputs: out.w, stride, before: padding.left - tapX * dilation })
      if (columns.from >= columns.to) continue
      let next = 0
      for (let row = rows.from; row < rows.to; row++) {
        const first = Math.max(next, Math.floor(((row * out.w + columns.from) * n) / tile.pixels))
        next = Math.max(next, Math.ceil(((row * out.w + columns.to) * n) / tile.pixels))
        tiles += next - first
      }
    }
  const columns = tile.vectors * 4
  return tiles * tile.pixels * inChannels * Math.ceil(outChannels / columns) * columns
}

/** The outputs along an axis for which the input `before` pixels before their windows' corner is inside the map. */
const inside = (along: { size: number; outputs: number; stride: number; before: number }) => ({
  from: Math.max(0, Math.ceil(along.before / along.stride)),
  to: Math.min(along.outputs, Math.ceil((along.size + along.before) / along.stride)),
})
