// The gradient of each op: which ops turn the gradient of its output into those of its inputs and parameters.

import type {
  ActivationOp,
  AddOp,
  BatchNormOp,
  ConcatOp,
  Conv2dOp,
  DepthwiseConv2dOp,
  GlobalAveragePoolOp,
  MaxPoolOp,
  Op,
  Parameter,
  ResizeOp,
  Tensor,
} from '../ir/graph.ts'
import type { BatchNormTrainingOp, ConvolutionWindow, DropoutOp } from '../ir/training_ops.ts'

/** What a rule may do. */
export interface Gradients {
  /** Adds an op to the backward pass; returns its output. */
  emit(op: Op): Tensor
  /** Whether a tensor needs a gradient at all. */
  wants(tensor: Tensor): boolean
  /** Adds to the gradient of a tensor. */
  add(tensor: Tensor, gradient: Tensor): void
}

type Rule<T extends Op> = (op: T, gradient: Tensor, tape: Gradients) => void

/** The gradient of what an op computes before the activation that is fused into it; batch norm's own has the activation fused too. */
export function activated(op: Op, gradient: Tensor, tape: Gradients): Tensor {
  if (!('activation' in op) || op.activation === 'none' || op.kind === 'batchNormTraining') return gradient
  return tape.emit({
    kind: 'activationBackward',
    name: `${op.name}.activation gradient`,
    inputs: { gradient, activated: op.output },
    activation: op.activation,
    output: { ...gradient, name: `${op.name}.activation gradient` },
  })
}

const gradientOf = (tensor: Tensor, by: Op): Tensor => ({
  ...tensor,
  name: `${tensor.name}.gradient by ${by.name}`,
})

/** Stands for the gradient of a parameter, which lies with those of the other parameters and not in the arena. */
const parameterGradient = ({ name, shape }: Parameter): Tensor => ({
  name: `${name}.gradient`,
  shape: [1, 1, 1, shape.reduce((a, b) => a * b)],
  dtype: 'f32',
})

const convolution =
  (depthwise: boolean): Rule<Conv2dOp | DepthwiseConv2dOp> =>
  (op, gradient, tape) => {
    const { weight, stride, dilation, padding, batchNorm } = op
    const { input } = op.inputs
    const window: ConvolutionWindow = { weight, batchNorm, depthwise, stride, dilation, padding }
    if (op.bias && batchNorm)
      throw new Error(
        `a convolution with a bias and a frozen batch norm behind it has no gradient: leave the bias out (${op.name})`,
      )
    // What is folded into a bias is β and what depends on the running statistics, which are fixed.
    const bias = batchNorm?.beta ?? op.bias
    const weightGradient = parameterGradient(weight)
    tape.emit({
      kind: 'convolutionBackwardWeight',
      name: weightGradient.name,
      inputs: { input, gradient },
      ...window,
      output: weightGradient,
    })
    if (bias) {
      const output = parameterGradient(bias)
      tape.emit({ kind: 'biasGradient', name: output.name, inputs: { gradient }, bias, output })
    }
    if (batchNorm) {
      const output = parameterGradient(batchNorm.gamma)
      tape.emit({ kind: 'foldBatchNormBackward', name: output.name, inputs: {}, weight, batchNorm, output })
    }
    if (!tape.wants(input)) return
    const output = gradientOf(input, op)
    const backward = {
      kind: 'convolutionBackwardInput',
      name: output.name,
      inputs: { gradient },
      ...window,
      output,
    } as const
    tape.add(input, tape.emit(backward))
  }

const batchNorm: Rule<BatchNormTrainingOp> = (op, gradient, tape) => {
  const { batchNorm, statistics, activation } = op
  const { input } = op.inputs
  const output = gradientOf(input, op)
  const backward = {
    kind: 'batchNormBackward',
    name: output.name,
    inputs: { input, gradient },
    ...{ batchNorm, statistics, activation, output },
  } as const
  tape.add(input, tape.emit(backward))
}

/** One that could not be folded away, as no network here has it. */
const frozenBatchNorm: Rule<BatchNormOp> = ({ name }) => {
  throw new Error(
    `frozen batch norm has a gradient only where it folds into the convolution before it (${name})`,
  )
}

const activation: Rule<ActivationOp> = (op, gradient, tape) => tape.add(op.inputs.input, gradient)

const add: Rule<AddOp> = ({ inputs: { a, b } }, gradient, tape) => {
  for (const input of [a, b]) if (tape.wants(input)) tape.add(input, gradient)
}

const maxPool: Rule<MaxPoolOp> = (op, gradient, tape) => {
  const { input } = op.inputs
  if (!tape.wants(input)) return
  const { kernel, stride, padding } = op
  const output = gradientOf(input, op)
  const inputs = { input, gradient }
  tape.add(
    input,
    tape.emit({ kind: 'maxPoolBackward', name: output.name, inputs, kernel, stride, padding, output }),
  )
}

const globalAveragePool: Rule<GlobalAveragePoolOp> = (op, gradient, tape) => {
  const { input } = op.inputs
  if (!tape.wants(input)) return
  const output = gradientOf(input, op)
  tape.add(
    input,
    tape.emit({ kind: 'globalAveragePoolBackward', name: output.name, inputs: { gradient }, output }),
  )
}

const resize: Rule<ResizeOp> = (op, gradient, tape) => {
  const { input } = op.inputs
  if (!tape.wants(input)) return
  const { alignCorners } = op
  const output = gradientOf(input, op)
  tape.add(
    input,
    tape.emit({ kind: 'resizeBackward', name: output.name, inputs: { gradient }, alignCorners, output }),
  )
}

const concat: Rule<ConcatOp> = (op, gradient, tape) => {
  for (const [offset, input] of Object.entries(op.inputs)) {
    if (!tape.wants(input)) continue
    const output = gradientOf(input, op)
    const slice = {
      kind: 'sliceChannels',
      name: output.name,
      inputs: { input: gradient },
      offset: Number(offset),
      output,
    } as const
    tape.add(input, tape.emit(slice))
  }
}

/** The mask is the same, and so is the op. */
const dropout: Rule<DropoutOp> = (op, gradient, tape) => {
  const { input, step } = op.inputs
  const output = gradientOf(input, op)
  tape.add(input, tape.emit({ ...op, name: output.name, inputs: { input: gradient, step }, output }))
}

/** By kind of op; one that has none cannot stand between parameters and loss. */
export const rules = {
  conv2d: convolution(false),
  depthwiseConv2d: convolution(true),
  batchNorm: frozenBatchNorm,
  batchNormTraining: batchNorm,
  dropout,
  activation,
  add,
  maxPool,
  globalAveragePool,
  resize,
  concat,
} as { [Kind in Op['kind']]?: Rule<Op> }
