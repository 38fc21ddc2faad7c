import { depthwiseConv2d } from '../../kernels/convolution/depthwise_conv2d.ts'
import { inSmallSubgroups } from '../convolution/vendors.ts'
import type { AnyOp } from '../ir/graph.ts'
import type { GraphScope } from '../ir/scope.ts'
import type { OpOf, Tensor } from '../ir/tensor.ts'
import { packedWeights } from '../lower/packed_weights.ts'
import { type Operand, tensors } from '../lower/step.ts'
import { paddingFor, rowsUnder } from './band.ts'
import {
  type Convolution,
  type ConvolutionBackwardOp,
  type ConvolutionOptions,
  type ConvolutionWindow,
  convolutionFields,
  convolutionGradients,
  type FoldedIn,
  windowOf,
} from './convolution.ts'
import type { DifferentiableOp, OpDefinition } from './definition.ts'
import { gradientOfInput, parameterGradient } from './tape.ts'

export type DepthwiseConv2dOp = OpOf<'depthwiseConv2d', { input: Tensor }> & Convolution
export type FoldedDepthwiseConv2dOp = DepthwiseConv2dOp & FoldedIn
export type FusedDepthwiseConv2dOp = OpOf<'depthwiseConv2d', { input: Tensor; residual?: Tensor }> &
  Convolution &
  FoldedIn

/** [n, h, w, c] → [n, h', w', c], a filter a channel; weight `name.weight` of shape [c, 1, kernel, kernel]. */
export function depthwiseConv2dShape<Op extends AnyOp>(
  scope: GraphScope<Op>,
  input: Tensor,
  options: Omit<ConvolutionOptions, 'outChannels'>,
): DepthwiseConv2dOp {
  const { fields, shape } = convolutionFields(input, { ...options, outChannels: input.shape[3] }, 1)
  const output = scope.tensor(options.name, shape)
  return { kind: 'depthwiseConv2d', name: output.name, inputs: { input }, ...fields, output }
}

const lower: OpDefinition<FusedDepthwiseConv2dOp>['lower'] = (op, { target }) => {
  const { input, residual } = op.inputs
  const folded = packedWeights({ ...op, depthwise: true })
  const kernel = depthwiseConv2d({
    ...op,
    label: op.name,
    input: input.shape,
    kernel: kernelOf(op),
    residual: residual !== undefined,
    onGpu: !target.device.isCpu,
  })
  const weights: Record<string, Operand> = {
    weight: { folded, part: 'packed' },
    bias: { folded, part: 'packed_bias' },
  }
  const operands = { ...tensors({ input, residual, output: op.output }), ...weights }
  return [{ op, kernel: inSmallSubgroups(kernel, target.device), operands }]
}

export const kernelOf = ({ weight }: Convolution) => [weight.shape[2], weight.shape[3]] as const

export const depthwiseConv2dOp: OpDefinition<FusedDepthwiseConv2dOp> &
  DifferentiableOp<
    FoldedDepthwiseConv2dOp,
    DepthwiseConv2dBackwardInputOp | DepthwiseConv2dBackwardWeightOp | ConvolutionBackwardOp
  > = {
  lower,
  band(op, rows) {
    const window = { ...op, kernel: kernelOf(op) }
    return {
      same: ['residual'],
      reads: { input: rowsUnder(window, op.inputs.input.shape[1], rows) },
      fields: ({ input }) => ({ padding: paddingFor(window, rows, input) }),
    }
  },
  gradient(op, outer, tape) {
    const { input } = op.inputs
    const window = windowOf(op)
    const output = parameterGradient(op.weight)
    const sum = { kind: 'depthwiseConv2dBackwardWeight', name: output.name, ...window, output } as const
    const backwardWeight = (gradient: Tensor) => tape.emit({ ...sum, inputs: { input, gradient } })
    const gradient = convolutionGradients(op, outer, { tape, backwardWeight })
    if (!tape.wants(input)) return
    const inner = gradientOfInput(input, op)
    const back = { kind: 'depthwiseConv2dBackwardInput', name: inner.name, ...window, output: inner } as const
    tape.add(input, tape.emit({ ...back, inputs: { gradient } }))
  },
}

export type DepthwiseConv2dBackwardInputOp = OpOf<'depthwiseConv2dBackwardInput', { gradient: Tensor }> &
  ConvolutionWindow

export type DepthwiseConv2dBackwardWeightOp = OpOf<
  'depthwiseConv2dBackwardWeight',
  { input: Tensor; gradient: Tensor }
> &
  ConvolutionWindow
