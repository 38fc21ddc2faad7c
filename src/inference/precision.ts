import { UserError } from '../errors.ts'
import type { Gpu } from '../gpu/gpu.ts'
import type { Precision } from '../kernels/layout.ts'
import { checkOption, oneOfTexts } from '../options.ts'

/** @internal */
export const PRECISION = oneOfTexts('fp32', 'fp16')

/** The precision, by default fp32. Throws a UserError if the GPU cannot store numbers so. */
export function precisionOn(gpu: Gpu, precision: Precision = 'fp32'): Precision {
  checkOption('precision', precision, PRECISION)
  if (precision === 'fp16' && !gpu.device.features.has('shader-f16'))
    throw new UserError('precision fp16: this GPU lacks shader-f16; fp32 runs on every GPU')
  return precision
}
