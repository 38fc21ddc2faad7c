import { filteredRows, preprocess } from '../../kernels/resizing/preprocess.ts'
import type { AnyOp } from '../ir/graph.ts'
import type { GraphScope } from '../ir/scope.ts'
import type { OpOf, Tensor } from '../ir/tensor.ts'
import { oneStep } from '../lower/step.ts'
import { type Resampling, resampled, resamplingOptions } from './band.ts'
import type { DifferentiableOp } from './definition.ts'

export type PreprocessOp = OpOf<'preprocess', { image: Tensor }> &
  Resampling & {
    mean: number[]
    std: number[]
    flip: boolean
    channels: 'rgb' | 'bgr'
  }

/** rgba8 [n, H, W, 4] → f32 [n, height, width, 3]: antialiased bilinear resize, (x/255 − mean)/std, optional left-right flip. */
export function preprocessShape<Op extends AnyOp>(
  scope: GraphScope<Op>,
  image: Tensor,
  options: {
    name: string
    height: number
    width: number
    mean: number[]
    std: number[]
    flip?: boolean
    channels?: 'rgb' | 'bgr'
  },
): PreprocessOp {
  const { name, height, width, mean, std, flip = false, channels = 'rgb' } = options
  const output = scope.tensor(name, [image.shape[0], height, width, 3])
  return { kind: 'preprocess', name: output.name, inputs: { image }, mean, std, flip, channels, output }
}

export const preprocessOp: DifferentiableOp<PreprocessOp> = {
  lower(op) {
    const [n, h, w] = op.inputs.image.shape
    const kernel = preprocess({ ...op, label: op.name, input: { n, h, w }, ...resamplingOptions(op) })
    return oneStep(op, kernel, { image: op.inputs.image, output: op.output })
  },
  band(op, rows) {
    const heights = { from: op.inputs.image.shape[1], to: op.output.shape[1] }
    return resampled(op, 'image', { rows, read: filteredRows(heights, rows) })
  },
  gradient: { none: 'photos are bytes and depend on no parameter' },
}
