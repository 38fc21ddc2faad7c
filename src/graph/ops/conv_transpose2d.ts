import {
  conv2dBackwardInput,
  conv2dBackwardInputTiled,
} from '../../kernels/convolution/conv2d_backward_input.ts'
import type { Padding } from '../../kernels/geometry.ts'
import { inputGradientTile } from '../convolution/gradient_tiles.ts'
import type { AnyOp } from '../ir/graph.ts'
import type { GraphScope } from '../ir/scope.ts'
import type { OpOf, Parameter, Tensor } from '../ir/tensor.ts'
import {
  backwardInputOptions,
  type Conv2dBackwardWeightOp,
  type FoldedConv2dOp,
  transposedStep,
} from './conv2d.ts'
import { kernelSize } from './convolution.ts'
import type { DifferentiableOp } from './definition.ts'
import { gradientOfInput, parameterGradient } from './tape.ts'

/** The gradient of a convolution by its input, as an op of the network: it makes of each pixel `stride` × `stride`. */
export type ConvTranspose2dOp = OpOf<'convTranspose2d', { input: Tensor }> & {
  /** [inChannels, outChannels, kernelH, kernelW], as in PyTorch's ConvTranspose2d. */
  weight: Parameter
  stride: number
  /** Of the convolution from output to input. Only a band has one. */
  padding: Padding
}

/** [n, h, w, c] → [n, (h − 1)·stride + kernelH, (w − 1)·stride + kernelW, outChannels], without a bias. */
export function convTranspose2dShape<Op extends AnyOp>(
  scope: GraphScope<Op>,
  input: Tensor,
  {
    name,
    outChannels,
    stride,
    ...options
  }: { name: string; outChannels: number; kernel: number; stride: number },
): ConvTranspose2dOp {
  const kernel = kernelSize(options.kernel)
  const [n, h, w, c] = input.shape
  const output = scope.tensor(name, [
    n,
    (h - 1) * stride + kernel[0],
    (w - 1) * stride + kernel[1],
    outChannels,
  ])
  const weight: Parameter = { name: `${name}.weight`, shape: [c, outChannels, ...kernel] }
  const padding = { top: 0, bottom: 0, left: 0, right: 0 }
  return { kind: 'convTranspose2d', name: output.name, inputs: { input }, weight, stride, padding, output }
}

/** The convolution from output to input. */
const windowOf = ({ weight, stride, padding }: ConvTranspose2dOp) => ({
  weight,
  stride,
  padding,
  dilation: 1,
})

export const convTranspose2dOp: DifferentiableOp<ConvTranspose2dOp, FoldedConv2dOp | Conv2dBackwardWeightOp> =
  {
    // Its share of a network is small: one kernel for all CPU adapters is enough, and one for all GPUs.
    lower(op, { target: { device } }) {
      const convolution = { ...op, ...windowOf(op) }
      const options = backwardInputOptions(convolution)
      const kernel = device.isCpu
        ? conv2dBackwardInput(options)
        : conv2dBackwardInputTiled({ ...options, tile: inputGradientTile(device) })
      return [transposedStep(convolution, op.inputs.input, kernel)]
    },
    band(op, rows) {
      const { stride, weight } = op
      const [, , kernelH] = weight.shape
      const { from, count } = rows
      const [, height] = op.inputs.input.shape
      const first = Math.max(0, Math.ceil((from - kernelH + 1) / stride))
      const end = Math.min(height, Math.floor((from + count - 1) / stride) + 1)
      return {
        reads: { input: { from: first, count: end - first } },
        fields({ input }) {
          const top = from - input.from * stride
          const bottom = (input.count - 1) * stride + kernelH - top - count
          return { padding: { ...op.padding, top, bottom } }
        },
      }
    },
    gradient(op, gradient, tape) {
      const { input } = op.inputs
      const window = windowOf(op)
      const output = parameterGradient(op.weight)
      const weightGradient = { kind: 'conv2dBackwardWeight', name: output.name, ...window, output } as const
      tape.emit({ ...weightGradient, inputs: { input: gradient, gradient: input } })
      if (!tape.wants(input)) return
      const inner = gradientOfInput(input, op)
      const backward = {
        kind: 'conv2d',
        name: inner.name,
        ...window,
        activation: 'none',
        output: inner,
      } as const
      tape.add(input, tape.emit({ ...backward, inputs: { input: gradient } }))
    },
  }
