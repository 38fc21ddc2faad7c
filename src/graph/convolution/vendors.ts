// Tiles by the vendor of a GPU, until tuning measures on the adapter at hand. Nothing here was measured on hardware by this project: a
// tile is from a published sweep of another program's matrix products, or it is what the vendor's compiler in Mesa makes the best code
// of (bench/NOTES.md, "What compilers of real GPUs make of it").

import type { Kernel } from '../../gpu/kernel.ts'
import type { StagedTile } from '../../kernels/convolution/conv2d_tiled.ts'
import { type RowTile, rowTileLimits } from '../../kernels/convolution/row_products.ts'
import type { RowTiles } from '../../kernels/convolution/row_tiles.ts'
import { rowKernels } from './device_kernels.ts'
import { fitsLimits, fitsWorkgroup } from './space.ts'
import type { Device } from './target.ts'

interface VendorTiles {
  vendor: string
  /** Default: every architecture of the vendor. */
  architecture?: RegExp
  /** Of `conv2d_tiled`. */
  staged?: StagedTile
  /** Of `conv2d_rows` and `winograd_multiply_rows`, where loads of what a workgroup shares cost little. */
  rows?: RowTiles
  /**
   * The cost of a multiply-add of `conv2d_tiled`, in those of `conv2d_rows`. In Mesa's code for RDNA 3 the first takes 1.5 cycles of a
   * SIMD, by workgroup memory, and the second 1.07. For Intel it is 2 to 6 instructions and five times the bytes from workgroup
   * memory, beside 1.7. Default: 1.
   */
  stagedCost?: number
}

/**
 * llama.cpp, pull request 22241: of the tiles in a sweep over five GPUs (RTX 5080, RX 7900 XT, Arc B580, Apple M2 and one more),
 * 4×4 for each of 8×8 invocations at depth 8 has the best average, 79.5 % of each GPU's own best. It has 44 % on the worst of
 * them, and 8×8 for each invocation has 59 and 36 %.
 */
const COMPROMISE: StagedTile = { pixels: 4, vectors: 1, lanesX: 8, lanesY: 8, depth: 8 }

/** An RTX 5090 with 512 invocations, 4×4 each: 70–72 % of its fp32 roofline in WGSL. */
const BLACKWELL: StagedTile = { pixels: 4, vectors: 1, lanesX: 32, lanesY: 16, depth: 16 }

/**
 * Compiled for RDNA 2 to 4: waves of 64, 5 to 10 of them a SIMD, and a multiply-add in 93 to 97 % of the vector instructions of the
 * main loop. RDNA 2 has a third less registers, and none to spare for a prefetch.
 */
const AMD_TILE: RowTile = {
  lanes: 64,
  rows: 1,
  vectors: 8,
  depth: 8,
  unroll: 8,
  together: 1,
  prefetch: true,
  packed: true,
}
const AMD: RowTiles = {
  large: { ...AMD_TILE, rows: 2, prefetch: false },
  small: AMD_TILE,
  window: AMD_TILE,
  half: AMD_TILE,
}
const RDNA_3: RowTiles = { large: { ...AMD_TILE, rows: 2 }, small: AMD_TILE }

/** Compiled for Tiger Lake, Alchemist and Battlemage: no spills, and multiply-adds are 60 to 66 % of the main loop. */
const INTEL_TILE: RowTile = {
  lanes: 32,
  parts: 4,
  rows: 1,
  vectors: 8,
  singleVectors: 4,
  depth: 32,
  unroll: 2,
  together: 2,
  prefetch: false,
  packed: false,
}
const INTEL: RowTiles = {
  large: INTEL_TILE,
  small: INTEL_TILE,
  winograd: { ...INTEL_TILE, unroll: 4, together: 4 },
}
/** One and a half times as many as Iris Xe's 96 EUs hold, in 7 threads of 16 lanes each. With more splits, merging costs more than it gains. */
const INTEL_INTEGRATED: RowTiles = { ...INTEL, enoughLanes: 256 * 64 }
const INTEGRATED = /(^gen-\d+|lpg?)$/ // such as gen-11, gen-12lp, xe-2lpg; cards are gen-12hp and xe-2hpg

/** Compiled for RDNA 3: 79 % of the main loop are multiply-adds. The compromise has 54 %, and waits for workgroup memory. */
const AMD_STAGED: StagedTile = { pixels: 4, vectors: 2, lanesX: 8, lanesY: 16, depth: 16 }

/** The first row that fits an adapter counts. */
const VENDORS: readonly VendorTiles[] = [
  { vendor: 'nvidia', architecture: /^blackwell/, staged: BLACKWELL },
  { vendor: 'nvidia', staged: COMPROMISE },
  { vendor: 'amd', architecture: /^rdna-[34]/, staged: AMD_STAGED, rows: RDNA_3, stagedCost: 1.4 },
  { vendor: 'amd', staged: AMD_STAGED, rows: AMD, stagedCost: 1.4 },
  {
    vendor: 'intel',
    architecture: INTEGRATED,
    staged: COMPROMISE,
    rows: INTEL_INTEGRATED,
    stagedCost: 3,
  },
  { vendor: 'intel', staged: COMPROMISE, rows: INTEL, stagedCost: 3 },
  { vendor: 'apple', staged: COMPROMISE },
  { vendor: 'qualcomm', staged: COMPROMISE }, // 76 registers and 10 waves, where the shape's tile has 192 and 4
]

/** Undefined where nothing is known: then the shape decides. */
export const vendorTile = (device: Device): StagedTile | undefined =>
  rowsOf(device).find(({ staged }) => staged && fitsWorkgroup(staged, device))?.staged

/** Undefined where a kernel that shares weights in a workgroup is not known to be fast. */
export function vendorRowTiles(device: Device): RowTiles | undefined {
  const rows = rowsOf(device).find(({ rows }) => rows !== undefined)?.rows
  const fits = (tile: RowTile) => fitsLimits(rowTileLimits(tile), device)
  if (!rows || !rowKernels(device) || !fits(rows.small)) return undefined
  return fits(rows.large) ? rows : { ...rows, large: rows.small }
}

/**
 * The kernel in the GPU's smallest subgroups, where they give a lane more registers: on Intel's GPUs 8 lanes have twice those of 16.
 * For kernels that spill without.
 */
export function inSmallSubgroups(kernel: Kernel, { info, subgroupSizes = [] }: Device): Kernel {
  if (info?.vendor !== 'intel' || subgroupSizes.length === 0) return kernel
  return { ...kernel, subgroupSize: Math.min(...subgroupSizes) }
}

/** The cost of a multiply-add of `conv2d_tiled` on a device, in those of its other strategies. */
export const stagedCost = (device: Device): number => rowsOf(device)[0]?.stagedCost ?? 1

/** Every row tile of the table, for tests. */
export const allRowTiles = (): RowTile[] =>
  VENDORS.flatMap(({ rows }) => Object.values(rows ?? {}).filter(tile => typeof tile === 'object'))

function rowsOf({ info }: Device): VendorTiles[] {
  const { vendor, architecture = '' } = info ?? {}
  return VENDORS.filter(row => row.vendor === vendor && (row.architecture?.test(architecture) ?? true))
}
