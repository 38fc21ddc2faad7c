// Which variant of the convolution runs: the one table of choices, each as bench/NOTES.md measured it.

import type { Kernel } from '../gpu/kernel.ts'
import { type Conv2dOptions, conv2d } from './conv2d.ts'
import { conv2dSubgroup, subgroupTile } from './conv2d_subgroup.ts'
import { conv2dSubgroupMatrix, type SubgroupMatrix } from './conv2d_subgroup_matrix.ts'
import { conv2dTiled, conv2dTiledCost } from './conv2d_tiled.ts'
import { windowedSize } from './geometry.ts'
import {
  type WinogradOptions,
  type WinogradOutputs,
  winogradFits,
  winogradPoints,
  winogradTiles,
  winogradWeightBytes,
} from './winograd.ts'
import { MULTIPLY_TILE } from './winograd_multiply.ts'
import { TILED_MULTIPLY_TILE } from './winograd_multiply_tiled.ts'

/** The convolution itself, by one kernel or another. */
interface DirectVariant {
  /** Where it runs. */
  fits(target: ConvolutionTarget, options: Conv2dOptions): boolean
  kernel(options: Conv2dOptions, target: ConvolutionTarget): Kernel
  /** What it is estimated to take on a CPU adapter, and on a GPU with cores of its own, in multiply-adds. Default: too much. */
  cpuCost?(options: Conv2dOptions): number
  gpuCost?(options: Conv2dOptions): number
  /** Whether it is as fast where it is told that the weight is `unpacked`. Default: it cannot be told. */
  readsUnpacked?(options: Conv2dOptions): boolean
}

/** Subgroups of 8 lanes are how CPU adapters present their vector units; there a load costs as much as ten multiply-adds. */
export const CPU_SUBGROUP = 8

/** The narrowest vector units are subgroups of 4. */
const isCpu = ({ subgroupSize = Infinity }: ConvolutionTarget) => subgroupSize <= CPU_SUBGROUP

/** Multiply-adds of matrix units for one of the cores beside them: 8 or more. */
const MATRIX_SPEED = 8

const direct = {
  conv2d: {
    fits: () => true,
    kernel: options => conv2d(options),
    // Of few channels the tiles of others would mostly be empty.
    gpuCost: ({ input, outChannels }) => (input[3] <= 8 || outChannels <= 16 ? 0 : Infinity),
  },
  conv2d_subgroup: {
    fits: ({ subgroupSize = 0 }) => subgroupSize >= 8,
    kernel: (options, { subgroupSize }) => conv2dSubgroup({ ...options, subgroupSize: subgroupSize! }),
    cpuCost: options => directCost(options),
    // With two vectors a lane loads one of eight channels for four pixels: slower than packed.
    readsUnpacked: ({ outChannels }) => subgroupTile(outChannels).vectors === 4,
  },
  conv2d_tiled: {
    fits: target => !isCpu(target),
    kernel: options => conv2dTiled(options),
    gpuCost: options => conv2dTiledCost(options),
  },
  conv2d_subgroup_matrix: {
    fits: ({ subgroupSize = 0, subgroupMatrix }, { precision }) =>
      precision === 'fp16' && subgroupMatrix !== undefined && subgroupSize >= 8 && subgroupSize <= 64,
    kernel: (options, { subgroupSize, subgroupMatrix }) =>
      conv2dSubgroupMatrix({
        ...options,
        subgroupSize: subgroupSize!,
        subgroupMatrix: subgroupMatrix!,
      }),
    gpuCost: options => conv2dTiledCost(options) / MATRIX_SPEED,
  },
} satisfies Record<string, DirectVariant>

/** Outputs along an axis of Winograd's tiles. */
export const tiles = { winograd_4: 4, winograd_3: 3, winograd_2: 2 } satisfies Record<string, WinogradOutputs>

type Direct = keyof typeof direct
type Tiles = keyof typeof tiles

/** A way to compute a convolution, of its own shaders. */
export type Conv2dVariant = Direct | Tiles
export const conv2dVariants = [...Object.keys(direct), ...Object.keys(tiles)] as Conv2dVariant[]

const isDirect = (variant: Conv2dVariant): variant is Direct => variant in direct

/** What a choice may depend on besides the shape. */
export interface ConvolutionTarget {
  /** Lanes of every subgroup, where the adapter has subgroups of one size. */
  subgroupSize?: number
  /** Matrices of f16 that the adapter multiplies and adds up in f32, where it does. */
  subgroupMatrix?: SubgroupMatrix
  /** Whether Winograd's tiles may be chosen; default true. */
  winograd?: boolean
  /** Whether weights change from run to run, so that every run has to make what its kernels read of them; default false. */
  learning?: boolean
  /** By `conv2dKey`, what was measured to be fastest on the adapter. */
  tuned?: ReadonlyMap<string, Conv2dVariant>
  /** To be taken wherever it fits, in place of what is fastest. */
  variant?: Conv2dVariant
}

/** With the subgroups of its product, where that takes some. */
type Winograd = WinogradOptions & { subgroupSize?: number }

/** What every adapter binds: more weight than this is not asked for. */
export const MOST_WEIGHT_BYTES = 128 * 2 ** 20

// In multiply-adds, of which CPU adapters do 12 a nanosecond: a value that winograd_input or winograd_output loads or stores, one that
// winograd_weight stores, and a step more.
const CPU_COSTS = { value: 20, weight: 14, step: 0 }
// Not measured: a GPU has 20 to 100 multiply-adds for each float of its memory's bandwidth, and these kernels reach half of them; in
// the 2 µs that a step waits for another it does 20 million. With this, large 3×3 layers of 64 channels and more are Winograd's,
// as they are in most libraries.
const GPU_COSTS = { value: 30, weight: 30, step: 20e6 }

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
  const { variant, tuned } = target
  for (const known of [variant, tuned?.get(conv2dKey(options))])
    if (known !== undefined && candidates.includes(known)) return known
  const costs = candidates.map(variant => ({ variant, cost: costOf(variant, options, target) }))
  return costs.reduce((best, other) => (other.cost < best.cost ? other : best)).variant
}

/** The kernel of a convolution that is not by Winograd's tiles. */
export const chooseConv2d = (options: Conv2dOptions, target: ConvolutionTarget): Kernel =>
  chooseDirect(options, target).kernel(options, target)

/** Whether that kernel is to be told that the weight is `unpacked`, where it is. */
export const readsUnpacked = (options: Conv2dOptions, target: ConvolutionTarget): boolean =>
  chooseDirect(options, target).readsUnpacked?.(options) ?? false

function chooseDirect(options: Conv2dOptions, target: ConvolutionTarget): DirectVariant {
  // One by one: what is spread of a Gpu lacks its getters.
  const { subgroupSize, subgroupMatrix, tuned, variant } = target
  const withoutTiles = { subgroupSize, subgroupMatrix, tuned, variant, winograd: false }
  const chosen = chooseVariant(options, withoutTiles)
  return direct[isDirect(chosen) ? chosen : 'conv2d']
}

/** Winograd's tiles, with the subgroups of their product; undefined where `chooseConv2d` is for it. */
export function chooseWinograd(options: Conv2dOptions, target: ConvolutionTarget): Winograd | undefined {
  const chosen = chooseVariant(options, target)
  if (isDirect(chosen)) return undefined
  const { subgroupSize } = target
  return { ...options, outputs: tiles[chosen], ...(subgroupSize === CPU_SUBGROUP && { subgroupSize }) }
}

function fits(variant: Conv2dVariant, options: Conv2dOptions, target: ConvolutionTarget): boolean {
  if (isDirect(variant)) return direct[variant].fits(target, options)
  const { subgroupSize = Infinity, winograd = true } = target
  const weightBytes = winogradWeightBytes(tiles[variant], options.input[3], options.outChannels)
  const runs = weightBytes <= MOST_WEIGHT_BYTES && subgroupSize >= CPU_SUBGROUP
  return winograd && runs && winogradFits(options, tiles[variant])
}

function costOf(variant: Conv2dVariant, options: Conv2dOptions, target: ConvolutionTarget): number {
  const onCpu = isCpu(target)
  if (isDirect(variant)) {
    const { cpuCost, gpuCost }: DirectVariant = direct[variant]
    return (onCpu ? cpuCost : gpuCost)?.(options) ?? Infinity
  }
  const cpuTile = { ...MULTIPLY_TILE, tiles: MULTIPLY_TILE.tiles * CPU_SUBGROUP }
  const [tile, costs] = onCpu ? [cpuTile, CPU_COSTS] : [TILED_MULTIPLY_TILE, GPU_COSTS]
  const by = { ...options, outputs: tiles[variant] }
  return winogradCost(by, tile, costs) + (target.learning ? weightCost(by, costs) : 0)
}

/** `tile` is what a workgroup of the product computes. */
function winogradCost(
  options: WinogradOptions,
  tile: { tiles: number; vectors: number },
  costs: typeof CPU_COSTS,
): number {
  const { outputs, input, outChannels } = options
  const points = winogradPoints(outputs) ** 2
  const { total } = winogradTiles(options)
  const products = points * roundUp(total, tile.tiles) * input[3] * roundUp(outChannels, tile.vectors * 4)
  const values = total * (((outputs + 2) ** 2 + points) * input[3] + (points + outputs ** 2) * outChannels)
  return products + costs.value * values + 2 * costs.step
}

/** Of making the weight's values at the points, rather than the nine that it has anyway. */
const weightCost = ({ outputs, input, outChannels }: WinogradOptions, costs: typeof CPU_COSTS): number =>
  costs.weight * (winogradPoints(outputs) ** 2 - 9) * input[3] * outChannels + costs.step

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
