// What conv2d_subgroup costs on a CPU, with buffers and with textures. What costs are based on is in bench/NOTES.md.

import type { Conv2dOptions } from '../../kernels/conv2d.ts'
import { subgroupTile } from '../../kernels/conv2d_subgroup.ts'
import { windowedSize } from '../../kernels/geometry.ts'
import { vectors } from '../../kernels/layout.ts'
import type { Device } from './target.ts'
import { LEAST_LOADS } from './through_textures.ts'

/** What the loads of an input take of a multiply-add's time, and what of it a texture saves. */
const SAVED = { input: 0.2, weight: 0.1 }
/** Of copying a vector into a texture, in multiply-adds. */
const COPY_COST = 40

/** How often the kernel loads each vector of its inputs: for each tile of output channels, or of pixels. */
export function subgroupLoads({ input, outChannels, kernel, ...options }: Conv2dOptions, device: Device) {
  const [n, h, w] = input
  const tile = subgroupTile(outChannels, device)
  const out = windowedSize({ h, w }, { kernel, ...options })
  const taps = (kernel[0] * kernel[1]) / options.stride ** 2
  return {
    input: taps * Math.ceil(vectors(outChannels) / tile.vectors),
    weight: Math.ceil((n * out.h * out.w) / (tile.pixels * device.subgroupSize!)),
  }
}

/** The same with those inputs copied into textures that it loads often enough; more than that if there are none. */
export function subgroupTextureCost(options: Conv2dOptions, device: Device): number {
  const { input, outChannels, kernel } = options
  const [n, h, w, c] = input
  const copied = {
    input: n * h * w * vectors(c),
    weight: kernel[0] * kernel[1] * vectors(c) * 4 * vectors(outChannels),
  }
  const loads = subgroupLoads(options, device)
  const all = subgroupCost(options, device)
  const names = (['input', 'weight'] as const).filter(name => loads[name] >= LEAST_LOADS)
  if (names.length === 0) return Infinity
  return names.reduce((cost, name) => cost - SAVED[name] * all + COPY_COST * copied[name], all)
}

/** Multiply-adds of its tiles at the taps that are inside the map for some of a tile's pixels. */
export function subgroupCost(options: Conv2dOptions, device: Device): number {
  const { input, outChannels, kernel, stride, dilation, padding } = options
  const [n, inH, inW, inChannels] = input
  const out = windowedSize({ h: inH, w: inW }, options)
  const { pixels, vectors } = subgroupTile(outChannels, device)
  const tile = pixels * device.subgroupSize!
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
