// Translates each op of our graphs to ONNX's operator set 17: https://github.com/onnx/onnx/blob/main/docs/Operators.md
// ONNX's maps are NCHW, and its weights have PyTorch's layout.

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

/** The nodes of an op in the order in which they run, and the constants that they read. The last node makes the op's output. */
export interface Translation {
  nodes: OnnxNode[]
  constants?: OnnxConstant[]
}

export interface TranslationContext {
  parameters: Parameters
  /** Whether height and width are known only at run time. The graph is then an example; see OnnxOptions. */
  anySize: boolean
  /** An earlier tensor whose map always has this tensor's size. */
  sameSized: (tensor: Tensor) => Tensor
}

/** Throws for an op that no inference graph has. */
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

/** The names of an op's inputs and output. */
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
 * At stride 2, TensorFlow's SAME padding depends on the map's size. In the example, whose maps have even sides, it is uneven,
 * and no other padding is. At stride 1, SAME padding is the same for all sizes.
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

/** Resizes to the size of another map, which the network reads when it runs. So the image may have any size. */
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
