// What each op of our graphs is in ONNX's operator set 17: https://github.com/onnx/onnx/blob/main/docs/Operators.md
// ONNX's maps are NCHW and its weights lie as PyTorch's.

import {
  type ActivationOp,
  type Conv2dOp,
  type DepthwiseConv2dOp,
  inputsOf,
  type MaxPoolOp,
  type Op,
  type ResizeOp,
  type Tensor,
} from '../graph/ir/graph.ts'
import type { Padding } from '../kernels/geometry.ts'
import { foldConvolution, type Parameters } from './folded_convolution.ts'
import { constant, node, type OnnxAttributes, type OnnxConstant, type OnnxNode } from './nodes.ts'

export const OPERATOR_SET = 17

/** Nodes in the order in which they run, the last of which makes the op's output, and the constants that they read. */
export interface Translation {
  nodes: OnnxNode[]
  constants?: OnnxConstant[]
}

export interface TranslationContext {
  parameters: Parameters
  /** Whether height and width are known only at run time; the graph is then that of an example. */
  anySize: boolean
  /** A tensor made earlier whose map is as large as this one. */
  sameSized: (tensor: Tensor) => Tensor
}

/** Throws for an op that no network has when it predicts. */
export function translate(op: Op, context: TranslationContext): Translation {
  switch (op.kind) {
    case 'conv2d':
    case 'depthwiseConv2d':
      return convolution(op, context)
    case 'activation':
      return activation(op)
    case 'add':
      return { nodes: [node({ type: 'Add', ...ends(op) })] }
    case 'maxPool':
      return maxPool(op)
    case 'globalAveragePool':
      return { nodes: [node({ type: 'GlobalAveragePool', ...ends(op) })] }
    case 'concat':
      return { nodes: [node({ type: 'Concat', ...ends(op), attributes: { axis: 1 } })] }
    case 'resize':
      return resize(op, context)
    default:
      throw new Error(`${op.name}: ${op.kind} is not translated to ONNX`)
  }
}

/** Names of what an op reads and makes. */
const ends = (op: Op) => ({ inputs: inputsOf(op).map(({ name }) => name), output: op.output.name })

function convolution(op: Conv2dOp | DepthwiseConv2dOp, context: TranslationContext): Translation {
  const { weight, stride, dilation, padding, inputs, output } = op
  const [outChannels, , height, width] = weight.shape
  const folded = foldConvolution(op, context.parameters)
  const biasName = op.bias?.name ?? weight.name.replace(/weight$/, 'bias')
  const attributes = {
    kernel_shape: [height, width],
    strides: [stride, stride],
    dilations: [dilation, dilation],
    group: op.kind === 'depthwiseConv2d' ? outChannels : 1,
    ...paddingAttributes(padding, context),
  }
  return {
    nodes: [
      node({
        type: 'Conv',
        inputs: [inputs.input.name, weight.name, biasName],
        output: output.name,
        attributes,
      }),
    ],
    constants: [
      constant(weight.name, weight.shape, folded.weight),
      constant(biasName, [outChannels], folded.bias),
    ],
  }
}

/**
 * TensorFlow's SAME padding depends on the map's size at stride 2, where the example's even maps are padded unevenly: that is how
 * one knows it. At stride 1 it is the same at all sizes.
 */
function paddingAttributes(
  { top, left, bottom, right }: Padding,
  { anySize }: TranslationContext,
): OnnxAttributes {
  const isUneven = top !== bottom || left !== right
  return anySize && isUneven ? { auto_pad: 'SAME_UPPER' } : { pads: [top, left, bottom, right] }
}

function activation(op: ActivationOp): Translation {
  if (op.activation === 'relu') return { nodes: [node({ type: 'Relu', ...ends(op) })] }
  const { inputs, output } = ends(op)
  const [low, high] = [`${output}.min`, `${output}.max`]
  return {
    nodes: [node({ type: 'Clip', inputs: [...inputs, low, high], output })],
    constants: [constant(low, [], Float32Array.of(0)), constant(high, [], Float32Array.of(6))],
  }
}

function maxPool(op: MaxPoolOp): Translation {
  const { kernel, stride, padding } = op
  const { top, left, bottom, right } = padding
  const attributes = {
    kernel_shape: [kernel, kernel],
    strides: [stride, stride],
    pads: [top, left, bottom, right],
  }
  return { nodes: [node({ type: 'MaxPool', ...ends(op), attributes })] }
}

/** To the size of another map, which is read when the network runs, so that it may be any. */
function resize(op: ResizeOp, { sameSized }: TranslationContext): Translation {
  const {
    inputs: [input],
    output,
  } = ends(op)
  const [channels, size, shape] = ['channels', 'size', 'shape'].map(part => `${output}.${part}`)
  return {
    nodes: [
      node({ type: 'Shape', inputs: [input], output: channels, attributes: { start: 0, end: 2 } }),
      node({
        type: 'Shape',
        inputs: [sameSized(op.output).name],
        output: size,
        attributes: { start: 2, end: 4 },
      }),
      node({ type: 'Concat', inputs: [channels, size], output: shape, attributes: { axis: 0 } }),
      node({
        type: 'Resize',
        inputs: [input, '', '', shape],
        output,
        attributes: {
          mode: 'linear',
          coordinate_transformation_mode: op.alignCorners ? 'align_corners' : 'half_pixel',
        },
      }),
    ],
  }
}
