import type { Kernel } from '../gpu/kernel.ts'
import type { WinogradStepOptions } from './winograd.ts'
import { batchedProduct } from './winograd_multiply.ts'

/** What a workgroup computes at a point: 64 tiles × 64 channels. */
export const TILED_MULTIPLY_TILE = { tiles: 64, vectors: 16 }

/** `winogradMultiply` for GPUs with cores of their own. */
export const winogradMultiplyTiled = (options: WinogradStepOptions): Kernel => ({
  shader: 'winograd_multiply_tiled',
  ...batchedProduct(options, TILED_MULTIPLY_TILE),
})
