// Batch norm in training reads a map for its statistics, which the convolution that made it had in registers: where that can leave
// them, it does.

import { batchNormMerge, leavingStatistics } from '../../kernels/batch_norm_statistics.ts'
import type { Tensor } from '../ir/graph.ts'
import { type Step, scratch, tensors } from './step.ts'

/** The same steps, without those that read a map for nothing but statistics that the convolution before can leave. */
export function statisticsByProducer(steps: readonly Step[]): Step[] {
  const normalised = new Set(
    steps.flatMap(({ op }) => (op.kind === 'batchNormTraining' ? [op.inputs.input] : [])),
  )
  const left = new Map<Tensor, { statistics: Tensor; tiles: number }>()
  return steps.flatMap((step): Step[] => {
    const { op, kernel, operands } = step
    if (normalised.has(op.output) && storesItsSums(step)) {
      const leaving = leavingStatistics(kernel)
      if (!leaving) return [step]
      const statistics = scratch(op, leaving.outputs.statistics, 'statistics')
      left.set(op.output, { statistics, tiles: kernel.params.row_tiles })
      return [{ op, kernel: leaving, operands: { ...operands, ...tensors({ statistics }) } }]
    }
    if (op.kind !== 'batchNormTraining') return [step]
    const { name: label, momentum } = op
    const { input } = op.inputs
    const found = left.get(input)
    if (!found || kernel.shader === 'batch_norm') return [step]
    if (kernel.shader === 'batch_norm_statistics') return []
    const merge = batchNormMerge({ label, input: input.shape, momentum, tiles: found.tiles })
    return [{ op, kernel: merge, operands: { ...operands, ...tensors({ partials: found.statistics }) } }]
  })
}

/** Whether it is a convolution that stores nothing but its sums and, in f32, a bias for all images. */
const storesItsSums = ({ op, kernel }: Step): boolean =>
  op.kind === 'conv2d' &&
  op.activation === 'none' &&
  !op.inputs.residual &&
  !op.inputs.imageBias &&
  op.outputOffset === undefined &&
  kernel.stored === undefined
