import { UserError } from '../errors.ts'
import type { Gpu } from '../gpu/gpu.ts'
import type { Precision } from '../kernels/layout.ts'

/** The precision, by default fp32. Throws a UserError if the GPU cannot store numbers so. */
export function precisionOn(gpu: Gpu, precision: Precision = 'fp32'): Precision {
  if (precision !== 'fp32' && precision !== 'fp16')
    throw new UserError(`precision: expected fp32 or fp16, got ${precision}`)
  if (precision === 'fp16' && !gpu.device.features.has('shader-f16'))
    throw new UserError('precision fp16: this GPU lacks shader-f16; fp32 runs on every GPU')
  return precision
}
