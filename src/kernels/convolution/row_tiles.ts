// Which tile conv2d_rows gets, and what it costs.

import { vectors } from '../layout.ts'
import { type Conv2dOptions, implicitGemm } from './conv2d.ts'
import { type RowTile, rowWorkgroup } from './row_products.ts'

/** The tiles of a GPU, by the maker's compiler. */
export interface RowTiles {
  /** Where there are workgroups enough to keep the GPU busy. */
  large: RowTile
  /** Elsewhere. */
  small: RowTile
  /** For windows that are not pointwise, whose loads take more registers. Default: as for pointwise ones. */
  window?: RowTile
  /** For Winograd's products, whose loads take fewer registers. Default: as for pointwise convolutions. */
  winograd?: RowTile
  /** For fp16, whose sums of a turn take more registers. Default: as for fp32. */
  half?: RowTile
  /** Invocations that keep the GPU busy. Default: a large one. */
  enoughLanes?: number
}

/** Invocations that keep a large GPU busy: four workgroups of 64 for each of its 130 to 190 units that run one at a time. */
const ENOUGH_LANES = 768 * 64
/** The least terms of a split: with fewer, adding up the partial sums costs as much as computing them. */
const LEAST_TERMS = 128

/** Whether each output pixel is the product of one input pixel and the weight. */
export const isPointwise = ({ kernel, stride, padding }: Conv2dOptions): boolean =>
  kernel[0] === 1 && kernel[1] === 1 && stride === 1 && Object.values(padding).every(size => size === 0)

/** The terms of a sum, with those of empty channels. */
export const termsOf = ({ input, kernel }: Conv2dOptions): number =>
  kernel[0] * kernel[1] * vectors(input[3]) * 4

/** The tile of a convolution among those of a GPU. */
export function chooseRowTile(options: Conv2dOptions, tiles: RowTiles): RowTile {
  const { large, small, window, half, enoughLanes = ENOUGH_LANES } = tiles
  if (half && options.precision === 'fp16') return half
  if (window && !isPointwise(options)) return window
  return lanesOf(options, large) >= enoughLanes ? large : small
}

/** Splits that keep a GPU busy. Default of `enoughLanes`: a large one. */
export function conv2dRowsSplits(options: Conv2dOptions, tile: RowTile, enoughLanes = ENOUGH_LANES): number {
  const splits = enoughLanes / lanesOf(options, tile)
  return Math.max(1, Math.floor(Math.min(splits, termsOf(options) / LEAST_TERMS)))
}

/** Multiply-adds of the kernel. Those past the ends of the map, of the channels and of the sum count as well. */
export function conv2dRowsCost(options: Conv2dOptions, tile: RowTile): number {
  const { rows, vectors } = rowWorkgroup(options.outChannels, tile)
  return (
    workgroupsOf(options, tile) * rows * vectors * 4 * Math.ceil(termsOf(options) / tile.depth) * tile.depth
  )
}

function workgroupsOf(options: Conv2dOptions, tile: RowTile): number {
  const { rows, vectors } = rowWorkgroup(options.outChannels, tile)
  return implicitGemm(options, { pixels: rows, vectors }).workgroups
}

const lanesOf = (options: Conv2dOptions, tile: RowTile): number =>
  workgroupsOf(options, tile) * rowWorkgroup(options.outChannels, tile).lanes
