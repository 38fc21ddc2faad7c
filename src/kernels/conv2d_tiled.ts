import type { Kernel } from '../gpu/kernel.ts'
import { type Conv2dOptions, type Conv2dTile, implicitGemm, windowParams } from './conv2d.ts'
import type { Window } from './geometry.ts'
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

/** What the shader has room for. */
export const MOST_BRANCHES = 4

/** Several convolutions of one input to `outChannels` each, a multiple of 4, side by side in the output. */
export type Conv2dBranches = Conv2dOptions & {
  /** Their windows, at most `MOST_BRANCHES` and of one stride. Default: the one of the options. */
  branches?: readonly Window[]
}

/** `conv2d` for GPUs with cores of their own. In one split it writes `output`, in more `partials` for `conv2dMerge`. */
export function conv2dTiled(options: Conv2dBranches & { tile?: Conv2dTile; splits?: number }): Kernel {
  const { outChannels, branches = [options], tile = chooseTile(options), splits = 1 } = options
  const each = branches.map(branch => ({ ...options, ...branch }))
  const tilings = each.map(branch => tiling(branch, tile))
  const gemms = each.map(branch => implicitGemm(branch, extent(tile)))
  const whole = implicitGemm({ ...options, outChannels: outChannels * branches.length }, extent(tile))
  const { k_h, k_w, dilation, pad_top, pad_left, out_vectors: all_vectors, ...shared } = whole.params
  const [{ columnTiles }] = tilings
  const rowTiles = sum(tilings.map(({ rowTiles }) => rowTiles))
  const inputs = { ...whole.inputs, weight: sum(gemms.map(({ inputs }) => inputs.weight)) }
  return {
    ...whole,
    shader: 'conv2d_tiled',
    consts: {
      TILE_PIXELS: tile.pixels,
      TILE_VECTORS: tile.vectors,
      LANES_X: tile.lanesX,
      LANES_Y: tile.lanesY,
      STATISTICS: 0,
    },
    params: {
      ...byComponent(
        tilings.map(({ exact }, i) => ({
          ...windowParams(each[i]),
          exact_rows: Number(exact.rows),
          exact_columns: Number(exact.columns),
        })),
      ),
      ...shared,
      out_vectors: vectors(outChannels),
      all_vectors,
      row_tiles: rowTiles,
      column_tiles: columnTiles,
      splits,
    },
    ...(splits > 1 && { traffic: undefined }),
    inputs: splits > 1 ? { ...inputs, bias: 0, residual: 0 } : inputs,
    outputs:
      splits > 1
        ? { output: 0, partials: splits * shared.pixels * all_vectors * VECTOR_BYTES, statistics: 0 }
        : { ...whole.outputs, partials: 0, statistics: 0 },
    workgroups: rowTiles * columnTiles * splits,
    macs: sum(gemms.map(({ macs }) => macs)),
  }
}

/**
 * Splits with which it keeps a large GPU busy. By the shape alone, never by the adapter: the order of a sum, and so its last bits,
 * depend on it.
 */
export function conv2dTiledSplits(options: Conv2dBranches): number {
  const { input, branches = [options] } = options
  const workgroups = workgroupsOf(options, chooseTile(options))
  const taps = Math.max(...branches.map(({ kernel }) => kernel[0] * kernel[1]))
  const steps = taps * Math.ceil(input[3] / DEPTH)
  return Math.max(1, Math.floor(Math.min(ENOUGH_WORKGROUPS / workgroups, steps / LEAST_STEPS)))
}

/** Multiply-adds that it makes, those for pixels and channels past the last counted as well. */
export function conv2dTiledCost(options: Conv2dOptions): number {
  const tile = chooseTile(options)
  return tiling(options, tile).steps * DEPTH * extent(tile).pixels * extent(tile).vectors * 4
}

/** Parameters of each branch as those of vectors with a component for each branch there may be. */
function byComponent(branches: Record<string, number>[]): Record<string, number> {
  const parts = [...'xyzw'].map((part, i) =>
    Object.entries(branches[0]).map(([name]) => [`${name}.${part}`, branches[i]?.[name] ?? 0]),
  )
  return Object.fromEntries(parts.flat())
}

/** What one workgroup computes. */
const extent = ({ pixels, vectors, lanesX, lanesY }: Conv2dTile) => ({
  pixels: pixels * lanesY,
  vectors: vectors * lanesX,
})

function chooseTile(options: Conv2dBranches): Conv2dTile {
  return workgroupsOf(options, WIDE_TILE) >= 2 * ENOUGH_WORKGROUPS ? WIDE_TILE : TILE
}

/** Workgroups of all branches, in one split. */
function workgroupsOf(options: Conv2dBranches, tile: Conv2dTile): number {
  const { branches = [options] } = options
  const tilings = branches.map(branch => tiling({ ...options, ...branch }, tile))
  return sum(tilings.map(({ rowTiles, columnTiles }) => rowTiles * columnTiles))
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
