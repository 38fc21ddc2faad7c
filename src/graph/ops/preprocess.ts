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
    channels: 'rgb' | 'bgr' | 'samples'
  }

/**
 * rgba8 [n, H, W, 4] → f32 [n, height, width, 3]: antialiased bilinear resize, (x/255 − mean)/std, optional left-right flip. Or
 * samples [n, H, W, c] → f32 [n, height, width, c]: the same with (x − mean)/std, in the order of the image's own channels.
 */
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
    channels?: 'rgb' | 'bgr' | 'samples'
  },
): PreprocessOp {
  const { name, height, width, mean, std, flip = false, channels = 'rgb' } = options
  const [n, , , c] = image.shape
  const output = scope.tensor(name, [n, height, width, image.dtype === 'samples' ? c : 3])
  return { kind: 'preprocess', name: output.name, inputs: { image }, mean, std, flip, channels, output }
}

export const preprocessOp: DifferentiableOp<PreprocessOp> = {
  lower(op) {
    const { image } = op.inputs
    const [n, h, w] = image.shape
    const channels = op.channels === 'bgr' ? 'bgr' : 'rgb'
    const kernel = preprocess({ ...preprocessOptions(op), input: { n, h, w }, channels })
    return oneStep(op, kernel, { image, output: op.output })
  },
  band(op, rows) {
    const heights = { from: op.inputs.image.shape[1], to: op.output.shape[1] }
    return resampled(op, 'image', { rows, read: filteredRows(heights, rows) })
  },
  gradient: { none: 'photos depend on no parameter' },
}

/** The options of both kernels. */
export const preprocessOptions = (op: PreprocessOp) => ({ ...op, label: op.name, ...resamplingOptions(op) })
