// Convolutions of one input whose outputs are side by side, as those of atrous spatial pyramid pooling are once their concatenation
// is elided. A strategy that takes branches computes them in one dispatch: dispatches that write to one arena wait for each other,
// and at the end of each a large GPU is partly idle.

import { packed, splitSteps } from '../convolution/strategy.ts'
import { MAX_WEIGHT_BYTES } from '../convolution/winograd.ts'
import { concatenated, convolutionWeights, type PackedWeights, packedBytes } from '../lower/packed_weights.ts'
import { type Step, tensors } from '../lower/step.ts'
import { convolutionOf, type FusedConv2dOp } from './conv2d.ts'
import type { FusedOp } from './index.ts'
import type { Lowering } from './lowering.ts'

/** After so many channels weights and biases end where any GPU can bind the next ones, as f16 too. */
const BINDABLE_CHANNELS = 128

/** Branches that one kernel computes together; any other op by itself. In the order of the graph. */
type OpGroup = { op: FusedOp } | { branches: FusedConv2dOp[] }

export function groupBranches(ops: readonly FusedOp[], lowering: Lowering): OpGroup[] {
  const groups: OpGroup[] = []
  for (const op of ops) {
    const before = groups.at(-1)
    if (op.kind !== 'conv2d' || !isBranch(op, lowering)) groups.push({ op })
    else if (before && 'branches' in before && areBranches([...before.branches, op], lowering))
      before.branches.push(op)
    else groups.push({ branches: [op] })
  }
  return groups.map(group =>
    'branches' in group && group.branches.length === 1 ? { op: group.branches[0] } : group,
  )
}

/** The kernel of several branches, or two where their sums are split. */
export function lowerBranches(branches: readonly FusedConv2dOp[], lowering: Lowering): Step[] {
  const [op] = branches
  const strategy = lowering.strategyOf(op, convolutionOf(op))
  const label = `${op.name} … ${branches.at(-1)!.name}`
  // One may have a bias and another none, whose packed bias is zeros.
  const shared = { ...convolutionOf(op), label, bias: 'channel' as const }
  const options = { ...shared, branches: branches.map(convolutionOf) }
  const operands = {
    ...tensors({ input: op.inputs.input, output: op.output }),
    ...packed(weightsOf(branches)),
  }
  const count = strategy.splits?.(options, lowering.target.device) ?? 1
  const kernel = strategy.branches!.kernel(options, count, lowering.target.device)
  return count === 1 ? [{ op, kernel, operands }] : splitSteps({ op, operands }, options, { kernel, count })
}

/** Whether an op is a convolution that could be computed beside others. */
function isBranch(op: FusedConv2dOp, lowering: Lowering): boolean {
  if (op.outputOffset === undefined || op.whole || lowering.target.mode === 'training') return false
  const { residual, imageBias } = op.inputs
  const isPlain = !residual && !imageBias && op.weight.shape[0] % BINDABLE_CHANNELS === 0
  return isPlain && lowering.strategyOf(op, convolutionOf(op)).branches !== undefined
}

/** Whether one kernel can compute these. */
function areBranches(branches: FusedConv2dOp[], lowering: Lowering): boolean {
  const [first, ...others] = branches
  const channels = first.weight.shape[0]
  const { branches: taken } = lowering.strategyOf(first, convolutionOf(first))
  return (
    branches.length <= taken!.most &&
    others.every(
      (other, i) =>
        other.inputs.input === first.inputs.input &&
        other.output === first.output &&
        other.outputOffset === first.outputOffset! + (i + 1) * channels &&
        other.weight.shape[0] === channels &&
        other.stride === first.stride &&
        other.activation === first.activation,
    ) &&
    packedBytes(weightsOf(branches), 'packed') <= MAX_WEIGHT_BYTES
  )
}

const weightsOf = (branches: readonly FusedConv2dOp[]): PackedWeights =>
  concatenated(branches.map(branch => convolutionWeights(branch).direct()))
