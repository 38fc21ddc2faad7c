// The fields and the shape rule that the dense and the depthwise convolution share, and the gradients of weight and bias.

import { UserError } from '../../errors.ts'
import type { Activation } from '../../kernels/elementwise/activation.ts'
import { type Padding, samePadding, symmetric, windowedSize } from '../../kernels/geometry.ts'
import type { AnyOp } from '../ir/graph.ts'
import type { BatchNorm, OpOf, Parameter, Tensor } from '../ir/tensor.ts'
import { type ActivationBackwardOp, activationGradient } from './activation.ts'
import { type FoldBatchNormBackwardOp, foldBatchNormGradient } from './fold_batch_norm.ts'
import { parameterGradient, type TapeOf } from './tape.ts'

/** A convolution as a model builds it. */
export interface Convolution {
  /** [outChannels, inChannels, kernelH, kernelW]; of a depthwise convolution [channels, 1, kernelH, kernelW]. */
  weight: Parameter
  bias?: Parameter
  stride: number
  dilation: number
  padding: Padding
}

/** The batch norm and the activation that passes fold into a convolution: act(conv(x) + bias), its weight scaled by the batch norm behind it. */
export interface FoldedIn {
  /** Folded into weight and bias when the weights are uploaded. */
  batchNorm?: BatchNorm
  activation: Activation
}

export interface ConvolutionOptions {
  /** Name of the op and, with `.weight` (and `.bias`), of its parameters. */
  name: string
  outChannels: number
  /** Height and width, or both in one number. */
  kernel: number | readonly [height: number, width: number]
  stride?: number
  dilation?: number
  /**
   * Pixels on every side or on each, or `same` for TensorFlow's rule. Default: dilation·(kernel − 1)/2 on every side, which keeps the
   * size of the map at stride 1.
   */
  padding?: number | Padding | 'same'
  bias?: boolean
}

/** A convolution's fields and the shape of its output. Throws a UserError where the map is too small for the kernel. */
export function convolutionFields(input: Tensor, options: ConvolutionOptions, inChannels: number) {
  const { name, outChannels, stride = 1, dilation = 1 } = options
  const kernel = kernelSize(options.kernel)
  const window = { kernel, stride, dilation }
  const [n, h, w] = input.shape
  const padding = resolvePadding({ h, w }, { ...window, padding: options.padding })
  const size = windowedSize({ h, w }, { ...window, padding })
  if (size.h < 1 || size.w < 1)
    throw new UserError(`conv2d: a ${h}×${w} map is too small for this kernel (${name})`)
  const weight: Parameter = { name: `${name}.weight`, shape: [outChannels, inChannels, ...kernel] }
  const bias: Parameter | undefined = options.bias
    ? { name: `${name}.bias`, shape: [outChannels] }
    : undefined
  return {
    fields: { weight, bias, stride, dilation, padding },
    shape: [n, size.h, size.w, outChannels] as const,
  }
}

export const kernelSize = (kernel: ConvolutionOptions['kernel']): readonly [number, number] =>
  typeof kernel === 'number' ? [kernel, kernel] : kernel

function resolvePadding(
  map: { h: number; w: number },
  window: {
    kernel: readonly [number, number]
    stride: number
    dilation: number
    padding?: ConvolutionOptions['padding']
  },
): Padding {
  const { kernel, dilation, padding } = window
  if (padding === 'same') return samePadding(map, window)
  if (typeof padding === 'number') return symmetric(padding)
  const [vertical, horizontal] = kernel.map(taps => (dilation * (taps - 1)) / 2)
  return padding ?? { top: vertical, bottom: vertical, left: horizontal, right: horizontal }
}

/** The window of the convolution that an op differentiates. */
export interface ConvolutionWindow extends Convolution {
  /** The batch norm that is folded into the weight. Gradients of the weight are then those of the folded one. */
  batchNorm?: BatchNorm
  bias?: never
}

export const windowOf = (op: Convolution & FoldedIn): ConvolutionWindow => {
  const { weight, stride, dilation, padding, batchNorm } = op
  return { weight, batchNorm, stride, dilation, padding }
}

export type BiasGradientOp = OpOf<'biasGradient', { gradient: Tensor }> & { sum: Parameter }

/** The ops that `convolutionGradients` emits. */
export type ConvolutionBackwardOp = ActivationBackwardOp | BiasGradientOp | FoldBatchNormBackwardOp

/**
 * The gradients that both convolutions have: of the activation, of weight and bias by `backwardWeight`, and of what is folded into them.
 * Returns the gradient before the activation.
 */
export function convolutionGradients<Op extends AnyOp & Convolution & FoldedIn>(
  op: Op,
  outer: Tensor,
  {
    tape,
    backwardWeight,
  }: { tape: TapeOf<ConvolutionBackwardOp>; backwardWeight: (gradient: Tensor) => void },
): Tensor {
  const { bias, batchNorm, weight } = op
  const gradient = activationGradient(op, outer, tape)
  if (bias && batchNorm)
    throw new Error(
      `a convolution with a bias and a frozen batch norm behind it has no gradient: leave the bias out (${op.name})`,
    )
  backwardWeight(gradient)
  // The bias that is folded in is β and a term of the running statistics, which are fixed.
  const sum = batchNorm?.beta ?? bias
  if (sum) {
    const output = parameterGradient(sum)
    tape.emit({ kind: 'biasGradient', name: output.name, inputs: { gradient }, sum, output })
  }
  if (batchNorm) foldBatchNormGradient({ weight, batchNorm }, tape)
  return gradient
}
