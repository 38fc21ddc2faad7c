import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { type Window, windowedSize } from '../geometry.ts'
import { activationBytes, type Shape, VECTOR_BYTES, vectors } from '../layout.ts'
import { splitPixels } from './split_pixels.ts'

export interface Conv2dBackwardWeightOptions extends Window {
  label: string
  /** Shape [n, h, w, c] of the convolution's input. */
  input: Shape
  outChannels: number
}

/**
 * The register tile of an invocation (rows are vectors of input channels, columns are vectors of output channels), and
 * the invocations of a workgroup along each axis. Where a workgroup has room for more invocations, they take other
 * shares of the pixels.
 */
export interface Conv2dBackwardWeightTile {
  rows: number
  columns: number
  lanesX: number
  lanesY: number
}

/**
 * The gradient of a convolution by its weight, from its `input` and `output_gradient`. It writes `params.splits`
 * partial sums, which `conv2dReduceWeight` adds up.
 */
export function conv2dBackwardWeight(
  options: Conv2dBackwardWeightOptions & { tile?: Conv2dBackwardWeightTile; splits?: number },
): Kernel {
  const { input, outChannels } = options
  const tile = options.tile ?? backwardWeightTile(options)
  const taps = options.kernel[0] * options.kernel[1]
  const rowTiles = Math.ceil(vectors(input[3]) / (tile.rows * tile.lanesY))
  const columnTiles = Math.ceil(vectors(outChannels) / (tile.columns * tile.lanesX))
  const lanes = tile.lanesX * tile.lanesY
  const workers = taps * rowTiles * columnTiles * lanes
  const { splits = splitPixels(outputPixels(options), workers) } = options
  const lanesSplit = Math.max(1, Math.min(splits, Math.floor(LANES / lanes)))
  return {
    shader: shaders.conv2d_backward_weight,
    constants: {
      LANE_IN_VECTORS: tile.rows,
      LANE_OUT_VECTORS: tile.columns,
      LANES_X: tile.lanesX,
      LANES_Y: tile.lanesY,
      LANES_SPLIT: lanesSplit,
    },
    workgroups: Math.ceil(splits / lanesSplit) * taps * rowTiles * columnTiles,
    ...weightGradient(options, { rowTiles, columnTiles, splits }),
  }
}

/** Pixels of the convolution's output, in all images. */
export function outputPixels(options: Conv2dBackwardWeightOptions): number {
  const [n, h, w] = options.input
  const out = windowedSize({ h, w }, options)
  return n * out.h * out.w
}

/**
 * The part of a kernel that all kernels of the gradient share. `rowTiles` and `columnTiles` are workgroups along the input and the
 * output channels.
 */
function weightGradient(
  options: Conv2dBackwardWeightOptions,
  { rowTiles, columnTiles, splits }: { rowTiles: number; columnTiles: number; splits: number },
) {
  const { label, input, outChannels, kernel, stride, dilation, padding } = options
  const [n, inH, inW, inChannels] = input
  const [inVectors, outVectors] = [vectors(inChannels), vectors(outChannels)]
  const out = windowedSize({ h: inH, w: inW }, options)
  const taps = kernel[0] * kernel[1]
  return {
    label,
    params: {
      batch: n,
      in_h: inH,
      in_w: inW,
      in_vectors: inVectors,
      out_h: out.h,
      out_w: out.w,
      out_vectors: outVectors,
      row_tiles: rowTiles,
      column_tiles: columnTiles,
      splits,
      k_h: kernel[0],
      k_w: kernel[1],
      stride,
      dilation,
      pad_top: padding.top,
      pad_left: padding.left,
    },
    inputs: {
      input: activationBytes(input),
      output_gradient: activationBytes([n, out.h, out.w, outChannels]),
    },
    outputs: { partials: splits * taps * inVectors * 4 * outVectors * VECTOR_BYTES },
    macs: outputPixels(options) * outChannels * inChannels * taps,
  }
}

/** Invocations of a workgroup, at most. */
const LANES = 32

/** The tile for invocations of at most `most` vectors. Default: 8 × 16 channels. */
export function backwardWeightTile(
  { input, outChannels }: Conv2dBackwardWeightOptions,
  most = { rows: 2, columns: 4 },
): Conv2dBackwardWeightTile {
  const rows = Math.min(most.rows, vectors(input[3]))
  const columns = Math.min(most.columns, vectors(outChannels))
  const lanesX = share(Math.ceil(vectors(outChannels) / columns), 8)
  const lanesY = share(Math.ceil(vectors(input[3]) / rows), Math.floor(LANES / lanesX))
  return { rows, columns, lanesX, lanesY }
}

/** Tiles of each workgroup, at most `most`, if all workgroups take about the same number of `tiles`. */
const share = (tiles: number, most: number) => Math.ceil(tiles / Math.ceil(tiles / most))

/** Vectors of input channels of a workgroup, at most. Of output channels it has one vector for each lane. */
const MOST_ROWS = constantOf(shaders.conv2d_backward_weight_subgroup, 'LANE_IN_VECTORS')

/** More than the cores of most CPUs. */
const ENOUGH_SUBGROUPS = 64

/** `conv2dBackwardWeight` for adapters whose subgroups all have `subgroupSize` lanes, 8 or more. */
export function conv2dBackwardWeightSubgroup(
  options: Conv2dBackwardWeightOptions & { subgroupSize: number; rows?: number; splits?: number },
): Kernel {
  const { input, outChannels, kernel, subgroupSize } = options
  const rows = Math.min(options.rows ?? MOST_ROWS, subgroupSize, vectors(input[3]))
  const rowTiles = Math.ceil(vectors(input[3]) / rows)
  const columnTiles = Math.ceil(vectors(outChannels) / subgroupSize)
  const tiles = kernel[0] * kernel[1] * rowTiles * columnTiles
  const { splits = splitPixels(outputPixels(options), tiles, ENOUGH_SUBGROUPS) } = options
  return {
    shader: shaders.conv2d_backward_weight_subgroup,
    constants: { LANE_IN_VECTORS: rows, SUBGROUP_SIZE: subgroupSize },
    workgroups: splits * tiles,
    ...weightGradient(options, { rowTiles, columnTiles, splits }),
  }
}

/**
 * A tile whose operands pass through workgroup memory: `depth` pixels at each step of the sum, and `turn` of them in each turn of
 * the main loop. For each pixel of a step, as many invocations load an equal number of its vectors.
 */
export interface StagedWeightTile extends Conv2dBackwardWeightTile {
  depth: number
  turn: number
}

/** `conv2dBackwardWeight` for hardware GPUs. */
export function conv2dBackwardWeightTiled(
  options: Conv2dBackwardWeightOptions & { tile: StagedWeightTile; splits?: number },
): Kernel {
  const { tile } = options
  const { rowsAreTaps, rowTiles, columnTiles, tiles } = stagedWeightTiles(options, tile)
  const { splits = splitPixels(outputPixels(options), tiles * tile.lanesX * tile.lanesY) } = options
  return {
    shader: shaders.conv2d_backward_weight_tiled,
    constants: {
      LANE_ROWS: tile.rows,
      LANE_COLUMNS: tile.columns,
      LANES_X: tile.lanesX,
      LANES_Y: tile.lanesY,
      STEP_PIXELS: tile.depth,
      TURN_PIXELS: tile.turn,
      ROWS_ARE_TAPS: Number(rowsAreTaps),
    },
    workgroups: splits * tiles,
    ...weightGradient(options, { rowTiles, columnTiles, splits }),
  }
}

/**
 * Workgroups along rows and columns, and of all taps. Of a single vector of input channels, such as an image's, the rows are taps: the
 * vector would leave most of a tile empty.
 */
export function stagedWeightTiles(
  { input, outChannels, kernel }: Conv2dBackwardWeightOptions,
  { rows, columns, lanesX, lanesY }: Conv2dBackwardWeightTile,
) {
  const taps = kernel[0] * kernel[1]
  const rowsAreTaps = vectors(input[3]) === 1
  const rowTiles = Math.ceil((rowsAreTaps ? taps : vectors(input[3])) / (rows * lanesY))
  const columnTiles = Math.ceil(vectors(outChannels) / (columns * lanesX))
  return { rowsAreTaps, rowTiles, columnTiles, tiles: rowTiles * columnTiles * (rowsAreTaps ? 1 : taps) }
}
