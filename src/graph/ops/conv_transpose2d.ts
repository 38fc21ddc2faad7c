import type { Padding } from '../../kernels/geometry.ts'
import type { AnyOp } from '../ir/graph.ts'
import type { GraphScope } from '../ir/scope.ts'
import type { OpOf, Parameter, Tensor } from '../ir/tensor.ts'
import type { Conv2dBackwardWeightOp, FoldedConv2dOp } from './conv2d.ts'
import { kernelSize } from './convolution.ts'
import type { DifferentiableRules } from './definition.ts'
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
export const transposedWindow = ({ weight, stride, padding }: ConvTranspose2dOp) => ({
  weight,
  stride,
  padding,
  dilation: 1,
})

export const convTranspose2dRules: DifferentiableRules<
  ConvTranspose2dOp,
  FoldedConv2dOp | Conv2dBackwardWeightOp
> = {
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
    const window = transposedWindow(op)
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
