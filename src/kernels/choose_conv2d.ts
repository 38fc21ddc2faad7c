// Which variant of the convolution runs: the one table of choices, each as bench/NOTES.md measured it.

import type { Kernel } from '../gpu/kernel.ts'
import { type Conv2dOptions, conv2d } from './conv2d.ts'
import { conv2dSubgroup, subgroupTile } from './conv2d_subgroup.ts'
import { windowedSize } from './geometry.ts'
import type { Precision } from './layout.ts'
import {
  type WinogradOptions,
  type WinogradOutputs,
  winogradFits,
  winogradPoints,
  winogradTiles,
  winogradWeightBytes,
} from './winograd.ts'
import { MULTIPLY_TILE } from './winograd_multiply.ts'

/** The convolution itself, by one kernel or another: where it runs, and how it is made. */
interface DirectVariant {
  fits(target: ConvolutionTarget): boolean
  kernel(options: Conv2dOptions, target: ConvolutionTarget): Kernel
}

const hasSubgroups = ({ subgroupSize = 0 }: ConvolutionTarget) => subgroupSize >= 8

const direct = {
  conv2d: { fits: () => true, kernel: options => conv2d(options) },
  conv2d_subgroup: {
    fits: hasSubgroups,
    kernel: (options, { subgroupSize }) => conv2dSubgroup({ ...options, subgroupSize: subgroupSize! }),
  },
} satisfies Record<string, DirectVariant>

/** Outputs along an axis of Winograd's tiles. */
const tiles = { winograd_4: 4, winograd_3: 3, winograd_2: 2 } satisfies Record<string, WinogradOutputs>

type Direct = keyof typeof direct
type Tiles = keyof typeof tiles

/** A way to compute a convolution, of its own shaders. */
export type Conv2dVariant = Direct | Tiles
export const conv2dVariants = [...Object.keys(direct), ...Object.keys(tiles)] as Conv2dVariant[]

const isDirect = (variant: Conv2dVariant): variant is Direct => variant in direct

/** What a choice may depend on besides the shape. */
export interface ConvolutionTarget {
  /** Default: fp32. */
  precision?: Precision
  /** Lanes of every subgroup, where the adapter has subgroups of one size. */
  subgroupSize?: number
  /** Whether Winograd's tiles may be chosen; default true. */
  winograd?: boolean
  /** Whether weights change from run to run, so that every run has to make what its kernels read of them; default false. */
  learning?: boolean
  /** By `conv2dKey`, what was measured to be fastest on the adapter. */
  tuned?: ReadonlyMap<string, Conv2dVariant>
  /** To be taken wherever it fits, in place of what is fastest. */
  variant?: Conv2dVariant
}

type Winograd = WinogradOptions & { subgroupSize: number }

/** Subgroups of 8 lanes are how CPU adapters present their vector units; there a load costs as much as ten multiply-adds. */
const CPU_SUBGROUP = 8

/** What every adapter binds: more weight than this is not asked for. */
const MOST_WEIGHT_BYTES = 128 * 2 ** 20

// In multiply-adds, of which CPU adapters do 12 a nanosecond: a value that winograd_input or winograd_output loads or stores, and one
// that winograd_weight stores.
const VALUE_COST = 20
const WEIGHT_COST = 14

/** What the fastest variant of a convolution depends on, as text: its shape and precision; not what is done to the sums at the end. */
export function conv2dKey(options: Conv2dOptions): string {
  const { input, outChannels, kernel, stride, dilation, padding, precision } = options
  const { top, left, bottom, right } = padding
  const sides = new Set([top, left, bottom, right]).size > 1 ? [top, left, bottom, right] : [top]
  return [
    `${input.join('×')} → ${outChannels}`,
    kernel.join('×'),
    ...(stride > 1 ? [`stride ${stride}`] : []),
    ...(dilation > 1 ? [`rate ${dilation}`] : []),
    ...(sides.some(side => side > 0) ? [`padding ${sides.join(' ')}`] : []),
    ...(precision === 'fp16' ? ['fp16'] : []),
  ].join(', ')
}

/** Those that can compute a convolution on an adapter. */
export const variantsFor = (options: Conv2dOptions, target: ConvolutionTarget): Conv2dVariant[] =>
  conv2dVariants.filter(variant => fits(variant, options, target))

/** The one that is told; else the one that was measured to be fastest; else the one that is estimated to be. */
export function chooseVariant(options: Conv2dOptions, target: ConvolutionTarget): Conv2dVariant {
  const candidates = variantsFor(options, target)
  const { subgroupSize, variant, tuned, learning = false } = target
  for (const known of [variant, tuned?.get(conv2dKey(options))])
    if (known !== undefined && candidates.includes(known)) return known
  return subgroupSize === CPU_SUBGROUP ? cheapest(candidates, options, learning) : 'conv2d'
}

/** The kernel of a convolution that is not by Winograd's tiles. */
export function chooseConv2d(options: Conv2dOptions, target: ConvolutionTarget): Kernel {
  const { subgroupSize, tuned, variant } = target
  const chosen = chooseVariant(options, { subgroupSize, tuned, variant, winograd: false })
  return direct[isDirect(chosen) ? chosen : 'conv2d'].kernel(options, target)
}

/** Winograd's tiles, with the subgroups that its product needs; undefined where `chooseConv2d` is for it. */
export function chooseWinograd(options: Conv2dOptions, target: ConvolutionTarget): Winograd | undefined {
  const chosen = chooseVariant(options, target)
  if (isDirect(chosen)) return undefined
  return { ...options, outputs: tiles[chosen], subgroupSize: target.subgroupSize! }
}

function fits(variant: Conv2dVariant, options: Conv2dOptions, target: ConvolutionTarget): boolean {
  if (isDirect(variant)) return direct[variant].fits(target)
  const { winograd = true } = target
  const weightBytes = winogradWeightBytes(tiles[variant], options.input[3], options.outChannels)
  const hasRoom = weightBytes <= MOST_WEIGHT_BYTES
  return winograd && hasRoom && hasSubgroups(target) && winogradFits(options, tiles[variant])
}

/** On a CPU adapter. */
function cheapest(candidates: Conv2dVariant[], options: Conv2dOptions, learning: boolean): Conv2dVariant {
  const cost = (variant: Conv2dVariant) => {
    if (variant === 'conv2d_subgroup') return directCost(options)
    if (isDirect(variant)) return Infinity
    const by = { ...options, outputs: tiles[variant] }
    return winogradCost(by) + (learning ? weightCost(by) : 0)
  }
  const costs = candidates.map(variant => ({ variant, cost: cost(variant) }))
  return costs.reduce((best, other) => (other.cost < best.cost ? other : best)).variant
}

function winogradCost(options: WinogradOptions): number {
  const { outputs, input, outChannels } = options
  const points = winogradPoints(outputs) ** 2
  const { total } = winogradTiles(options)
  const rows = roundUp(total, MULTIPLY_TILE.tiles * CPU_SUBGROUP)
  const products = points * rows * input[3] * roundUp(outChannels, MULTIPLY_TILE.vectors * 4)
  const values = total * (((outputs + 2) ** 2 + points) * input[3] + (points + outputs ** 2) * outChannels)
  return products + VALUE_COST * values
}

/** Of making the weight's values at the points, rather than the nine that it has anyway. */
const weightCost = ({ outputs, input, outChannels }: WinogradOptions): number =>
  WEIGHT_COST * (winogradPoints(outputs) ** 2 - 9) * input[3] * outChannels

/** Of tiles as conv2d_subgroup has them, at the taps that are inside the map for some of their pixels. */
function directCost(options: Conv2dOptions): number {
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
  return tiles * tile * inChannels * roundUp(outChannels, vectors * 4)
}

/** The outputs along an axis for which the input `before` pixels before their windows' corner is inside the map. */
const inside = (along: { size: number; outputs: number; stride: number; before: number }) => ({
  from: Math.max(0, Math.ceil(along.before / along.stride)),
  to: Math.min(along.outputs, Math.ceil((along.size + along.before) / along.stride)),
})

const roundUp = (size: number, step: number): number => Math.ceil(size / step) * step
