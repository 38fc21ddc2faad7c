// Tiles of `conv2d_tiled` by the maker of a GPU, until tuning measures on the adapter at hand. They are from published sweeps of
// other programs' matrix products; nothing here was measured by this project.

import type { StagedTile } from '../../kernels/conv2d_tiled.ts'
import { fitsWorkgroup } from './space.ts'
import type { Device } from './target.ts'

interface MakersTile {
  vendor: string
  /** Default: every architecture of the maker. */
  architecture?: string
  tile: StagedTile
}

/**
 * llama.cpp, pull request 22241: of the tiles in a sweep over five GPUs (RTX 5080, RX 7900 XT, Arc B580, Apple M2 and one more),
 * 4×4 for each of 8×8 invocations at depth 8 has the best average, 79.5 % of each GPU's own best. It has 44 % on the worst of
 * them, and 8×8 for each invocation has 59 and 36 %.
 */
const COMPROMISE: StagedTile = { pixels: 4, vectors: 1, lanesX: 8, lanesY: 8, depth: 8 }

/** An RTX 5090 with 512 invocations, 4×4 each: 70–72 % of its fp32 roofline in WGSL. */
const BLACKWELL: StagedTile = { pixels: 4, vectors: 1, lanesX: 32, lanesY: 16, depth: 16 }

/** The first row that fits an adapter counts. */
const MAKERS: readonly MakersTile[] = [
  { vendor: 'nvidia', architecture: 'blackwell', tile: BLACKWELL },
  { vendor: 'nvidia', tile: COMPROMISE },
  { vendor: 'amd', tile: COMPROMISE },
  { vendor: 'intel', tile: COMPROMISE },
  { vendor: 'apple', tile: COMPROMISE },
]

/** Undefined where nothing was published: then the shape decides. */
export function makersTile(device: Device): StagedTile | undefined {
  const { vendor, architecture } = device.info ?? {}
  return MAKERS.find(
    row =>
      row.vendor === vendor &&
      (row.architecture ?? architecture) === architecture &&
      fitsWorkgroup(row.tile, device),
  )?.tile
}
