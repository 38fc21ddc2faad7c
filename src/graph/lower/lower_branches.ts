// Convolutions of one input whose outputs lie side by side, as those of atrous spatial pyramid pooling do once their concatenation
// is elided. By conv2d_tiled they are one dispatch: dispatches that write to one arena wait for each other, and at the end of each
// a large GPU is partly idle.

import { type ConvolutionTarget, chooseVariant, MOST_WEIGHT_BYTES } from '../../kernels/choose_conv2d.ts'
import { conv2dTiled, MOST_BRANCHES } from '../../kernels/conv2d_tiled.ts'
import type { Conv2dOp, Op } from '../ir/graph.ts'
import { convolutionWeights, type FoldedWeights, foldedBytes, foldedSideBySide } from './folded_weights.ts'
import { convolutionOf, splitWhereFew } from './lower_conv2d.ts'
import { type Step, tensors } from './step.ts'

/** Of so many channels weights and biases end where any GPU can bind the next, as f16 too. */
const BINDABLE_CHANNELS = 128

/** Branches that one kernel may compute, together; any other op by itself. In the order of the graph. */
export function branchesOf(ops: readonly Op[], target: ConvolutionTarget): Op[][] {
  const all: Op[][] = []
  for (const op of ops) {
    const before = all.at(-1)
    if (before && areBranches([...before, op], target)) before.push(op)
    else all.push([op])
  }
  return all
}

/** The kernel of several branches, or two where their sums are split. */
export function lowerBranches(branches: readonly Conv2dOp[]): Step[] {
  const [op] = branches
  const label = `${op.name} … ${branches.at(-1)!.name}`
  // One may have a bias and another none: what is packed for that is zeros.
  const shared = { ...convolutionOf(op), label, bias: 'channel' as const }
  const options = { ...shared, branches: branches.map(convolutionOf) }
  const folded = weightsOf(branches)
  const operands = {
    ...tensors({ input: op.inputs.input, output: op.output }),
    weight: { folded, part: 'packed' as const },
    bias: { folded, part: 'packed_bias' as const },
  }
  return splitWhereFew({ op, kernel: conv2dTiled(options), operands }, options)
}

function areBranches(ops: Op[], target: ConvolutionTarget): boolean {
  const branches = ops.filter(op => isBranch(op, target))
  if (branches.length < ops.length || ops.length > MOST_BRANCHES) return false
  const [first, ...others] = branches
  const channels = first.weight.shape[0]
  return (
    others.every(
      (other, i) =>
        other.inputs.input === first.inputs.input &&
        other.output === first.output &&
        other.outputOffset === first.outputOffset! + (i + 1) * channels &&
        other.weight.shape[0] === channels &&
        other.stride === first.stride &&
        other.activation === first.activation,
    ) && foldedBytes(weightsOf(branches), 'packed') <= MOST_WEIGHT_BYTES
  )
}

/** Whether an op is a convolution that could be computed beside others. */
function isBranch(op: Op, target: ConvolutionTarget): op is Conv2dOp {
  if (op.kind !== 'conv2d' || op.outputOffset === undefined || target.learning) return false
  const { residual, imageBias } = op.inputs
  const isPlain = !residual && !imageBias && op.weight.shape[0] % BINDABLE_CHANNELS === 0
  return isPlain && chooseVariant(convolutionOf(op), target) === 'conv2d_tiled'
}

const weightsOf = (branches: readonly Conv2dOp[]): FoldedWeights =>
  foldedSideBySide(branches.map(branch => convolutionWeights(branch).direct()))
