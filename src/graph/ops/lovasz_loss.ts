// The Lovász-softmax loss with its gradient.

import {
  lovaszErrors,
  lovaszForeground,
  lovaszGather,
  lovaszGradient,
  lovaszTiles,
} from '../../kernels/training/lovasz.ts'
import { classAreas, overlapBackward } from '../../kernels/training/overlap.ts'
import { mergedLoss, softmaxCrossEntropy } from '../../kernels/training/softmax_cross_entropy.ts'
import type { Tensor } from '../ir/tensor.ts'
import { prefixSumSteps, sortSteps } from '../lower/sort_steps.ts'
import { oneStep, type Step, scratch } from '../lower/step.ts'
import type { LossInputs, LossOptions, LossTerm, LossTermOp } from './loss_term.ts'

/** `weight` times the Lovász-softmax loss of the upsampled logits, which knows no class weights. */
export function lovaszLoss(inputs: LossInputs, options: LossOptions, weight: number): LossTerm {
  const { logits, labels } = inputs
  const name = `Lovász ${options.name}`
  const output: Tensor = { name, shape: [1, 1, 1, 2], dtype: 'f32' }
  const gradient: Tensor = { ...logits, name: `${logits.name}.Lovász gradient` }
  const steps = (op: LossTermOp) => lovaszSteps(op, { ...options, gradient, weight })
  return {
    op: { kind: 'lossTerm', name, inputs: { logits, labels }, steps, output },
    output,
    gradient,
    weight,
  }
}

/** The errors of a class are sorted as numbers below this: those of floats up to 1, and what rounding adds. */
const ERROR_LIMIT = 2 ** 30

function lovaszSteps(
  op: LossTermOp,
  { gradient, weight, ...options }: LossOptions & { gradient: Tensor; weight: number },
): Step[] {
  const { logits, labels } = op.inputs
  const [n, height, width] = labels.shape
  const count = n * height * width
  const classes = logits.shape[3]
  const loss = { ...options, label: op.name, input: logits.shape, width }
  const forward = softmaxCrossEntropy(loss)
  const list = (name: string) => scratch(op, count * 4, name)
  const [log_sum_exp, errors, foreground] = [list('log sum exp'), list('errors'), list('foreground')]
  const [slopes, means] = [list('slopes'), list('means')]
  const areas = scratch(op, classes * 4, 'areas')
  const partials = scratch(op, classes * lovaszTiles(loss) * 8)
  const { steps: sort, keys, items } = sortSteps(op, { keys: errors, count, limit: ERROR_LIMIT })
  const { steps: sum, sums } = prefixSumSteps(op, foreground, count)
  const sorted = { sorted_errors: keys, sorted_pixels: items }
  const read = { logits, labels, log_sum_exp }
  const ofClass = (classId: number): Step[] => {
    const of = { ...loss, classId }
    const made = { areas, foreground, foreground_before: sums, slopes, means, partials }
    return [
      ...oneStep(op, lovaszErrors(of), { ...read, errors }),
      ...sort,
      ...oneStep(op, lovaszForeground(of), { labels, sorted_pixels: items, foreground }),
      ...sum,
      ...oneStep(op, lovaszGradient(of), { ...sorted, ...made }),
      ...oneStep(op, lovaszGather(of), { slopes, logits_gradient: gradient }),
    ]
  }
  const merge = mergedLoss({ label: op.name, count: classes * lovaszTiles(loss) })
  const backward = overlapBackward({ ...loss, lossWeight: weight, classTerms: false })
  const unused = scratch(op, forward.outputs.partials, 'unused')
  return [
    ...oneStep(op, forward, { ...read, partials: unused }),
    ...oneStep(op, classAreas(loss), { labels, areas }),
    ...Array.from({ length: classes }, (_, classId) => ofClass(classId)).flat(),
    ...oneStep(op, merge, { partials, loss: op.output }),
    ...oneStep(op, backward, { ...read, means, loss: op.output, logits_gradient: gradient }),
  ]
}
