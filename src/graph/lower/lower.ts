// From an op to the kernels that compute it, and what each of their buffers holds.

import type { Kernel } from '../../gpu/kernel.ts'
import { accumulateProbabilities } from '../../kernels/accumulate_probabilities.ts'
import { activation } from '../../kernels/activation.ts'
import { add } from '../../kernels/add.ts'
import { batchNorm } from '../../kernels/batch_norm.ts'
import type { ConvolutionTarget } from '../../kernels/choose_conv2d.ts'
import { concat } from '../../kernels/concat.ts'
import { depthwiseConv2d } from '../../kernels/depthwise_conv2d.ts'
import { globalAveragePool } from '../../kernels/global_average_pool.ts'
import { maxPool } from '../../kernels/max_pool.ts'
import { preprocess } from '../../kernels/preprocess.ts'
import { resize } from '../../kernels/resize.ts'
import { softmax } from '../../kernels/softmax.ts'
import { upsampleArgmax } from '../../kernels/upsample_argmax.ts'
import {
  type AccumulateProbabilitiesOp,
  type BatchNormOp,
  type ConcatOp,
  type Conv2dOp,
  type DepthwiseConv2dOp,
  inputsOf,
  type Op,
  type PreprocessOp,
  type ResizeOp,
  type Tensor,
  type UpsampleArgmaxOp,
} from '../ir/graph.ts'
import { foldedWeights } from './folded_weights.ts'
import { branchesOf, lowerBranches } from './lower_branches.ts'
import { lowerConv2d } from './lower_conv2d.ts'
import { lowerTraining } from './lower_training.ts'
import { type Operand, type Step, stepAsFloat16, tensors } from './step.ts'

/** The kernels of a graph, chosen for an adapter. */
export const lowerAll = (ops: readonly Op[], target: ConvolutionTarget): Step[] =>
  branchesOf(ops, target).flatMap(branches =>
    branches.length === 1
      ? lower(branches[0], target)
      : asStored(branches[0], lowerBranches(branches as Conv2dOp[])),
  )

/** The kernels of one op. */
export const lower = (op: Op, target: ConvolutionTarget): Step[] => asStored(op, lowerOp(op, target))

/** Steps of an op on what its tensors hold. */
function asStored(op: Op, steps: Step[]): Step[] {
  const isFloat16 = [...inputsOf(op), op.output].some(({ dtype }) => dtype === 'f16')
  return isFloat16 ? steps.map(stepAsFloat16) : steps
}

function lowerOp(op: Op, target: ConvolutionTarget): Step[] {
  switch (op.kind) {
    case 'conv2d':
      return lowerConv2d(op, target)
    case 'depthwiseConv2d':
      return [lowerDepthwiseConv2d(op)]
    case 'concat':
      return lowerConcat(op)
    case 'preprocess':
      return [lowerPreprocess(op)]
    case 'resize':
      return [lowerResampling(op, resize, { input: op.inputs.input, output: op.output })]
    case 'upsampleArgmax':
      return [lowerResampling(op, upsampleArgmax, { logits: op.inputs.logits, classes: op.output })]
    case 'accumulateProbabilities':
      return [lowerAccumulate(op)]
    case 'batchNorm': {
      const { gamma, beta, epsilon } = op.batchNorm
      const kernel = batchNorm({ label: op.name, input: op.output.shape, epsilon, activation: op.activation })
      const scale = { gamma: { parameter: gamma }, beta: { parameter: beta } }
      return [step(op, kernel, op.inputs.input, { ...scale, ...statisticsOf(op) })]
    }
    case 'activation':
      return [
        step(
          op,
          activation({ label: op.name, shape: op.output.shape, activation: op.activation }),
          op.inputs.input,
        ),
      ]
    case 'softmax':
      return [step(op, softmax({ label: op.name, shape: op.output.shape }), op.inputs.input)]
    case 'globalAveragePool':
      return [step(op, globalAveragePool({ label: op.name, input: op.inputs.input.shape }), op.inputs.input)]
    case 'maxPool': {
      const kernelSize = [op.kernel, op.kernel] as const
      return [
        step(
          op,
          maxPool({ ...op, label: op.name, input: op.inputs.input.shape, kernel: kernelSize }),
          op.inputs.input,
        ),
      ]
    }
    case 'add': {
      const kernel = add({ label: op.name, shape: op.output.shape, activation: op.activation })
      return [{ op, kernel, operands: tensors({ a: op.inputs.a, b: op.inputs.b, output: op.output }) }]
    }
    default:
      return lowerTraining(op, target)
  }
}

/** A step whose kernel reads `input` and writes `output`, by those names. */
const step = (op: Op, kernel: Kernel, input: Tensor, more: Record<string, Operand> = {}): Step => ({
  op,
  kernel,
  operands: { ...tensors({ input, output: op.output }), ...more },
})

/** What a batch norm normalises by: statistics that it is given, or the running ones. */
function statisticsOf({
  batchNorm: { mean, variance },
  statistics,
}: Pick<BatchNormOp, 'batchNorm' | 'statistics'>): { mean: Operand; variance: Operand } {
  if (statistics) return { mean: { tensor: statistics.mean }, variance: { tensor: statistics.variance } }
  return { mean: { parameter: mean }, variance: { parameter: variance } }
}

function lowerDepthwiseConv2d(op: DepthwiseConv2dOp): Step {
  const { input, residual } = op.inputs
  const folded = foldedWeights({ ...op, depthwise: true })
  const kernel = depthwiseConv2d({
    ...op,
    label: op.name,
    input: input.shape,
    kernel: [op.weight.shape[2], op.weight.shape[3]],
    residual: residual !== undefined,
  })
  const weights: Record<string, Operand> = {
    weight: { folded, part: 'packed' },
    bias: { folded, part: 'packed_bias' },
  }
  return { op, kernel, operands: { ...tensors({ input, residual, output: op.output }), ...weights } }
}

function lowerConcat(op: ConcatOp): Step[] {
  return Object.entries(op.inputs).map(([key, input]) => {
    const slice = { offset: Number(key), channels: op.output.shape[3] }
    return step(op, concat({ label: `${op.name} ← ${input.name}`, input: input.shape, slice }), input)
  })
}

function lowerPreprocess(op: PreprocessOp): Step {
  const [n, h, w] = op.inputs.image.shape
  const [, height, width] = op.output.shape
  const kernel = preprocess({ ...op, label: op.name, input: { n, h, w }, height, width })
  return { op, kernel, operands: tensors({ image: op.inputs.image, output: op.output }) }
}

function lowerResampling(
  op: ResizeOp | UpsampleArgmaxOp,
  make: typeof resize | typeof upsampleArgmax,
  named: Record<string, Tensor>,
): Step {
  const [input] = Object.values(op.inputs)
  const [, height, width] = op.output.shape
  const kernel = make({ label: op.name, input: input.shape, height, width, alignCorners: op.alignCorners })
  return { op, kernel, operands: tensors(named) }
}

function lowerAccumulate(op: AccumulateProbabilitiesOp): Step {
  const [, height, width] = op.output.shape
  const { logits } = op.inputs
  const kernel = accumulateProbabilities({ ...op, label: op.name, input: logits.shape, height, width })
  return { op, kernel, operands: tensors({ logits, accumulator: op.output }) }
}
