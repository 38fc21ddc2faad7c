import type { Conv2dOptions } from '../../kernels/convolution/conv2d.ts'
import type { Conv2dBackwardInputOptions } from '../../kernels/convolution/conv2d_backward_input.ts'
import type { Conv2dBackwardWeightOptions } from '../../kernels/convolution/conv2d_backward_weight.ts'
import { chooseStrategy } from '../convolution/choose.ts'
import { gradientConvolution } from '../convolution/gradient_convolution.ts'
import type { AnyOp } from '../ir/graph.ts'
import type { GraphScope } from '../ir/scope.ts'
import type { OpOf, Tensor } from '../ir/tensor.ts'
import { convolutionWeights } from '../lower/packed_weights.ts'
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
import type { Lowering } from './lowering.ts'
import { gradientOfInput, parameterGradient } from './tape.ts'

export type Conv2dOp = OpOf<'conv2d', { input: Tensor }> & Convolution
export type FoldedConv2dOp = Conv2dOp & FoldedIn

/** With all that passes fuse into a convolution: act(conv(x) + bias + residual). */
export type FusedConv2dOp = OpOf<
  'conv2d',
  { input: Tensor; residual?: Tensor /** [n, 1, 1, outChannels], in place of the bias */; imageBias?: Tensor }
> &
  Convolution &
  FoldedIn & {
    /** The weight's input channels that this op convolves, where a pass split the convolution by input channel. */
    inputChannels?: { from: number; to: number }
    /** Another op adds the bias, where the convolution was split by input channel. */
    withoutBias?: boolean
    /** The first of the output's channels that this op writes, where a pass elided the concat that followed. */
    outputOffset?: number
    /** The output is written over the residual, where a pass found that nothing reads the residual after this op. */
    inPlace?: boolean
    /** The whole convolution, if the op computes a band of it: all bands are computed in the same way. */
    whole?: Conv2dOptions
  }

/** [n, h, w, c] → [n, h', w', outChannels]; weight `name.weight` of shape [outChannels, c, kernel, kernel]. */
export function conv2dShape<Op extends AnyOp>(
  scope: GraphScope<Op>,
  input: Tensor,
  options: ConvolutionOptions,
): Conv2dOp {
  const { fields, shape } = convolutionFields(input, options, input.shape[3])
  const output = scope.tensor(options.name, shape)
  return { kind: 'conv2d', name: output.name, inputs: { input }, ...fields, output }
}

const lower: OpDefinition<FusedConv2dOp>['lower'] = (op, lowering) => {
  const { input, imageBias } = op.inputs
  const residual = op.inPlace ? undefined : op.inputs.residual
  const [options, weights] = [convolutionOf(op), convolutionWeights(op)]
  const wantsStatistics = lowering.normalised.has(op.output) && storesItsSums(op)
  const layer = { op, options, input, residual, imageBias, weights, wantsStatistics }
  const { steps, statistics } = strategyOf(op, options, lowering).lower(layer, lowering.target)
  if (statistics) lowering.emittedStatistics.set(op.output, statistics)
  return steps
}

function strategyOf(op: FusedConv2dOp, options: Conv2dOptions, { strategyOf, target }: Lowering) {
  const strategy = strategyOf(op, op.whole ?? options)
  return strategy.supports(options, target.device) ? strategy : chooseStrategy(options, target)
}

/** Whether its output is its sums in f32, with nothing added to them but a bias for all images. */
const storesItsSums = ({ activation, inputs, outputOffset }: FusedConv2dOp): boolean =>
  activation === 'none' &&
  !inputs.residual &&
  !inputs.imageBias &&
  outputOffset === undefined &&
  inputs.input.dtype === 'f32'

/** The options from which a convolution's kernels are made. */
export const convolutionOf = (op: FusedConv2dOp): Conv2dOptions => ({
  ...op,
  label: op.name,
  input: op.inputs.input.shape,
  outChannels: op.weight.shape[0],
  kernel: [op.weight.shape[2], op.weight.shape[3]],
  bias: biasOf(op),
  precision: op.inputs.input.dtype === 'f16' ? 'fp16' : 'fp32',
  residual: op.inPlace ? 'in place' : op.inputs.residual !== undefined,
  slice: { offset: op.outputOffset ?? 0, channels: op.output.shape[3] },
})

function biasOf({ withoutBias, inputs, bias, batchNorm }: FusedConv2dOp): Conv2dOptions['bias'] {
  if (withoutBias) return 'none'
  return inputs.imageBias ? 'image' : bias || batchNorm ? 'channel' : 'none'
}

export const conv2dOp: OpDefinition<FusedConv2dOp> &
  DifferentiableOp<FoldedConv2dOp, Conv2dBackwardInputOp | Conv2dBackwardWeightOp | ConvolutionBackwardOp> = {
  lower,
  band(op, rows) {
    const whole = convolutionOf(op)
    return {
      same: ['residual'],
      reads: { input: rowsUnder(whole, whole.input[1], rows) },
      fields: ({ input }) => ({ whole, padding: paddingFor(whole, rows, input) }),
    }
  },
  gradient(op, outer, tape) {
    const { input } = op.inputs
    const window = windowOf(op)
    const output = parameterGradient(op.weight)
    const weightGradient = { kind: 'conv2dBackwardWeight', name: output.name, ...window, output } as const
    const backwardWeight = (gradient: Tensor) => tape.emit({ ...weightGradient, inputs: { input, gradient } })
    const gradient = convolutionGradients(op, outer, { tape, backwardWeight })
    if (!tape.wants(input)) return
    const inner = gradientOfInput(input, op)
    const backward = { kind: 'conv2dBackwardInput', name: inner.name, ...window, output: inner } as const
    tape.add(input, tape.emit({ ...backward, inputs: { gradient } }))
  },
}

/** Where the gradient is a convolution itself, it may add a residual as convolutions do. */
export type Conv2dBackwardInputOp = OpOf<'conv2dBackwardInput', { gradient: Tensor; residual?: Tensor }> &
  ConvolutionWindow & {
    /** As a convolution's. */
    inPlace?: boolean
  }

/** The convolution that the gradient is, with the residual that the op adds; undefined where it is none, and can add nothing. */
export function gradientConvolutionOf(op: Conv2dBackwardInputOp): Conv2dOptions | undefined {
  const convolution = gradientConvolution(backwardInputOptions(op))
  const residual = op.inPlace ? 'in place' : op.inputs.residual !== undefined
  return convolution && { ...convolution, residual }
}

export function backwardInputOptions(op: AnyOp & ConvolutionWindow): Conv2dBackwardInputOptions {
  const { stride, dilation, padding } = op
  const [outChannels, , kernelH, kernelW] = op.weight.shape
  const kernel = [kernelH, kernelW] as const
  return { label: op.name, input: op.output.shape, outChannels, kernel, stride, dilation, padding }
}

export type Conv2dBackwardWeightOp = OpOf<'conv2dBackwardWeight', { input: Tensor; gradient: Tensor }> &
  ConvolutionWindow

export function backwardWeightOptions(op: Conv2dBackwardWeightOp): Conv2dBackwardWeightOptions {
  const { weight, stride, dilation, padding } = op
  const [outChannels, , kernelH, kernelW] = weight.shape
  const kernel = [kernelH, kernelW] as const
  const { shape } = op.inputs.input
  return { label: op.name, input: shape, outChannels, kernel, stride, dilation, padding }
}
