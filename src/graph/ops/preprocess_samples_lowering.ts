// Preprocessing of photos and of images that are samples.

import { preprocessSamples } from '../../kernels/resizing/preprocess_samples.ts'
import { oneStep } from '../lower/step.ts'
import type { LoweredOp } from './definition.ts'
import { type PreprocessOp, preprocessOp, preprocessOptions } from './preprocess.ts'

export const preprocessSamplesLowering: LoweredOp<PreprocessOp> = {
  lower(op, lowering) {
    const { image } = op.inputs
    if (image.dtype !== 'samples') return preprocessOp.lower(op, lowering)
    const kernel = preprocessSamples({ ...preprocessOptions(op), input: image.shape })
    return oneStep(op, kernel, { image, output: op.output })
  },
}
