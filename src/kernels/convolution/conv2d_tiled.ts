import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import type { Window } from '../geometry.ts'
import { VECTOR_BYTES, vectors } from '../layout.ts'
import {
  type Conv2dOptions,
  type Conv2dTile,
  implicitGemm,
  tileConstants,
  windowParams,
  workgroupTile,
} from './conv2d.ts'
import { type Region, regionOutputs, regions, regionTaps, stretches, windowAxes } from './tap_regions.ts'

/** A tile whose operands pass through workgroup memory: `depth` input channels, a multiple of 4, at each step of the sum. */
export interface StagedTile extends Conv2dTile {
  depth: number
}

const DEPTH = 4 * constantOf(shaders.conv2d_tiled, 'STEP_VECTORS')

/**
 * 64 pixels × 64 channels, 4 × 8 for each invocation: so few registers that several workgroups run on a processor at a
 * time.
 */
const TILE: StagedTile = { pixels: 4, vectors: 2, lanesX: 8, lanesY: 16, depth: DEPTH }
/** 128 pixels × 64 channels: a quarter fewer loads for each multiply-add, but half as many workgroups. */
const WIDE_TILE: StagedTile = { ...TILE, pixels: 8 }

/** Workgroups that keep a large GPU busy: two for each of its 80 to 140 processors. */
const ENOUGH_WORKGROUPS = 256
/** The least steps of a split: with fewer steps, adding up the partial sums costs as much as computing them. */
const LEAST_STEPS = 8

/** The shader has one component of a vec4u for each branch. */
export const MAX_BRANCHES = 4

/**
 * Several convolutions of one input, each to `outChannels` channels, a multiple of 4. Their results are side by side in
 * the output.
 */
export type Conv2dBranches = Conv2dOptions & {
  /** The windows of the branches, at most `MAX_BRANCHES`, with the same stride. Default: the window of the options. */
  branches?: readonly Window[]
}

/**
 * `conv2d` for hardware GPUs. With one split it writes `output`. With more splits it writes `partials` for
 * `conv2dMerge`.
 */
export function conv2dTiled(options: Conv2dBranches & { tile?: StagedTile; splits?: number }): Kernel {
  const { outChannels, branches = [options], tile = chooseTile(options), splits = 1 } = options
  const each = branches.map(branch => ({ ...options, ...branch }))
  const tilings = each.map(branch => tiling(branch, tile))
  const gemms = each.map(branch => implicitGemm(branch, workgroupTile(tile)))
  const whole = implicitGemm({ ...options, outChannels: outChannels * branches.length }, workgroupTile(tile))
  const { k_h, k_w, dilation, pad_top, pad_left, out_vectors: all_vectors, ...shared } = whole.params
  const [{ columnTiles }] = tilings
  const rowTiles = sum(tilings.map(({ rowTiles }) => rowTiles))
  const inputs = { ...whole.inputs, weight: sum(gemms.map(({ inputs }) => inputs.weight)) }
  return {
    ...whole,
    shader: shaders.conv2d_tiled,
    constants: { ...tileConstants(tile), STEP_VECTORS: tile.depth / 4, STATISTICS: 0 },
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
 * Splits that keep a large GPU busy. They depend only on the shape and the tile and never on the adapter, because the
 * order of a sum, and so its last bits, depends on them.
 */
export function conv2dTiledSplits(options: Conv2dBranches, tile = chooseTile(options)): number {
  const { input, branches = [options] } = options
  const workgroups = workgroupsOf(options, tile)
  const taps = Math.max(...branches.map(({ kernel }) => kernel[0] * kernel[1]))
  const steps = taps * Math.ceil(input[3] / DEPTH)
  return Math.max(1, Math.floor(Math.min(ENOUGH_WORKGROUPS / workgroups, steps / LEAST_STEPS)))
}

/** Multiply-adds of the kernel. Those for pixels and channels past the last one count as well. */
export function conv2dTiledCost(options: Conv2dOptions, tile = chooseTile(options)): number {
  const { pixels, vectors } = workgroupTile(tile)
  return tiling(options, tile).steps * tile.depth * pixels * vectors * 4
}

/** Bytes of workgroup memory that the shader takes for a tile. */
export function stagedBytes(tile: StagedTile): number {
  const { pixels, vectors } = workgroupTile(tile)
  return (tile.depth / 4) * (pixels + 1 + 4 * vectors) * VECTOR_BYTES
}

/** Whether the memory for a step's weights has room for the shares from which the shader adds up statistics. */
export const emitsStatistics = ({ lanesY, depth }: StagedTile): boolean => lanesY <= depth

/** Whether the invocations of a tile load equal shares of each step. */
export function loadsEvenly(tile: StagedTile): boolean {
  const lanes = tile.lanesX * tile.lanesY
  const { pixels, vectors } = workgroupTile(tile)
  const loads = [(pixels * tile.depth) / 4, vectors * tile.depth]
  return lanes % (tile.depth / 4) === 0 && loads.every(count => count % lanes === 0)
}

/** The parameters of the branches, as components of vectors: one component for each of `MAX_BRANCHES`. */
function byComponent(branches: Record<string, number>[]): Record<string, number> {
  const parts = [...'xyzw'].map((part, i) =>
    Object.entries(branches[0]).map(([name]) => [`${name}.${part}`, branches[i]?.[name] ?? 0]),
  )
  return Object.fromEntries(parts.flat())
}

function chooseTile(options: Conv2dBranches): StagedTile {
  return workgroupsOf(options, WIDE_TILE) >= 2 * ENOUGH_WORKGROUPS ? WIDE_TILE : TILE
}

/** Workgroups of all branches, with one split. */
function workgroupsOf(options: Conv2dBranches, tile: StagedTile): number {
  const { branches = [options] } = options
  const tilings = branches.map(branch => tiling({ ...options, ...branch }, tile))
  return sum(tilings.map(({ rowTiles, columnTiles }) => rowTiles * columnTiles))
}

/** Workgroups along pixels and channels. An axis is cut into regions if the sums then take fewer steps in all. */
function tiling(options: Conv2dOptions, tile: StagedTile) {
  const { input, outChannels } = options
  const [n, h, w, inChannels] = input
  const axes = windowAxes({ h, w }, options)
  const { pixels, vectors: columns } = workgroupTile(tile)
  const columnTiles = Math.ceil(vectors(outChannels) / columns)
  const tilesOf = (region: Region) => Math.ceil((n * regionOutputs(region)) / pixels)
  const cuts = [true, false].flatMap(rows => [true, false].map(columns => ({ rows, columns })))
  const tilings = cuts.map(exact => {
    const found = regions(stretches(axes.rows, exact.rows), stretches(axes.columns, exact.columns))
    const steps =
      sum(found.map(region => tilesOf(region) * regionTaps(region))) * Math.ceil(inChannels / tile.depth)
    return { exact, rowTiles: sum(found.map(tilesOf)), columnTiles, steps: steps * columnTiles }
  })
  return tilings.reduce((best, other) => (other.steps < best.steps ? other : best))
}

const sum = (numbers: number[]): number => numbers.reduce((a, b) => a + b, 0)
