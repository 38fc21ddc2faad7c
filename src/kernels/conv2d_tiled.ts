import type { Kernel } from '../gpu/kernel.ts'
import { type Conv2dOptions, type Conv2dTile, implicitGemm } from './conv2d.ts'
import { VECTOR_BYTES, vectors } from './layout.ts'
import { type Region, regionOutputs, regions, regionTaps, stretches, windowAxes } from './tap_regions.ts'

/** 64 pixels × 64 channels, in tiles of 4 × 8: few enough sums that registers leave room for several workgroups at a time. */
const TILE: Conv2dTile = { pixels: 4, vectors: 2, lanesX: 8, lanesY: 16 }
/** 128 pixels × 64 channels: a quarter fewer loads for each multiply-add, but half as many workgroups. */
const WIDE_TILE: Conv2dTile = { ...TILE, pixels: 8 }

/** Of conv2d_tiled.wgsl: input channels of a step. */
const DEPTH = 16

/** Workgroups that keep a large GPU busy: two for each of the 80 to 140 processors that such have. */
const ENOUGH_WORKGROUPS = 256
/** Steps of a split: with fewer, adding the partial sums up costs as much as making them. */
const LEAST_STEPS = 8

/** `conv2d` for GPUs with cores of their own. In one split it writes `output`, in more `partials` for `conv2dMerge`. */
export function conv2dTiled(options: Conv2dOptions & { tile?: Conv2dTile; splits?: number }): Kernel {
  const { tile = chooseTile(options), splits = 1 } = options
  const { rowTiles, columnTiles, exact } = tiling(options, tile)
  const whole = implicitGemm(options, extent(tile))
  const { pixels, out_vectors } = whole.params
  const partialBytes = splits * pixels * out_vectors * VECTOR_BYTES
  return {
    ...whole,
    shader: 'conv2d_tiled',
    consts: {
      TILE_PIXELS: tile.pixels,
      TILE_VECTORS: tile.vectors,
      LANES_X: tile.lanesX,
      LANES_Y: tile.lanesY,
    },
    params: {
      ...whole.params,
      row_tiles: rowTiles,
      column_tiles: columnTiles,
      splits,
      exact_rows: Number(exact.rows),
      exact_columns: Number(exact.columns),
    },
    ...(splits > 1 && { traffic: undefined }),
    inputs: splits > 1 ? { ...whole.inputs, bias: 0, residual: 0 } : whole.inputs,
    outputs: splits > 1 ? { output: 0, partials: partialBytes } : { ...whole.outputs, partials: 0 },
    workgroups: rowTiles * columnTiles * splits,
  }
}

/**
 * Splits with which it keeps a large GPU busy. By the shape alone, never by the adapter: the order of a sum, and so its last bits,
 * depend on it.
 */
export function conv2dTiledSplits(options: Conv2dOptions): number {
  const { input, kernel } = options
  const { rowTiles, columnTiles } = tiling(options, chooseTile(options))
  const steps = kernel[0] * kernel[1] * Math.ceil(input[3] / DEPTH)
  return Math.max(1, Math.floor(Math.min(ENOUGH_WORKGROUPS / (rowTiles * columnTiles), steps / LEAST_STEPS)))
}

/** Multiply-adds that it makes, those for pixels and channels past the last counted as well. */
export function conv2dTiledCost(options: Conv2dOptions): number {
  const tile = chooseTile(options)
  return tiling(options, tile).steps * DEPTH * extent(tile).pixels * extent(tile).vectors * 4
}

/** What one workgroup computes. */
const extent = ({ pixels, vectors, lanesX, lanesY }: Conv2dTile) => ({
  pixels: pixels * lanesY,
  vectors: vectors * lanesX,
})

function chooseTile(options: Conv2dOptions): Conv2dTile {
  const { rowTiles, columnTiles } = tiling(options, WIDE_TILE)
  return rowTiles * columnTiles >= 2 * ENOUGH_WORKGROUPS ? WIDE_TILE : TILE
}

/** Workgroups along pixels and channels, with regions along those axes where that takes fewer steps of the sum in all. */
function tiling(options: Conv2dOptions, tile: Conv2dTile) {
  const { input, outChannels } = options
  const [n, h, w, inChannels] = input
  const axes = windowAxes({ h, w }, options)
  const { pixels, vectors: columns } = extent(tile)
  const columnTiles = Math.ceil(vectors(outChannels) / columns)
  const tilesOf = (region: Region) => Math.ceil((n * regionOutputs(region)) / pixels)
  const choices = [true, false].flatMap(rows => [true, false].map(columns => ({ rows, columns })))
  const tilings = choices.map(exact => {
    const found = regions(stretches(axes.rows, exact.rows), stretches(axes.columns, exact.columns))
    const steps =
      sum(found.map(region => tilesOf(region) * regionTaps(region))) * Math.ceil(inChannels / DEPTH)
    return { exact, rowTiles: sum(found.map(tilesOf)), columnTiles, steps: steps * columnTiles }
  })
  return tilings.reduce((best, other) => (other.steps < best.steps ? other : best))
}

const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0)
