// Translates each op of our graphs to ONNX's operator set 17: https://github.com/onnx/onnx/blob/main/docs/Operators.md
// ONNX's maps are NCHW, and its weights have PyTorch's layout.

import { inputsOf } from '../graph/ir/graph.ts'
import type { Tensor } from '../graph/ir/tensor.ts'
import type { ActivationOp } from '../graph/ops/activation.ts'
import type { ConvTranspose2dOp } from '../graph/ops/conv_transpose2d.ts'
import type { FoldedConv2dOp } from '../graph/ops/conv2d.ts'
import type { CropOp } from '../graph/ops/crop.ts'
import type { FoldedDepthwiseConv2dOp } from '../graph/ops/depthwise_conv2d.ts'
import type { FoldedOp, FoldedOps, OpOfKind } from '../graph/ops/index.ts'
import type { MaxPoolOp } from '../graph/ops/max_pool.ts'
import type { ResizeOp } from '../graph/ops/resize.ts'
import type { Padding } from '../kernels/geometry.ts'
import { foldConvolution, type Parameters } from './folded_convolution.ts'
import { constant, integers, node, type OnnxAttributes, type OnnxConstant, type OnnxNode } from './nodes.ts'

export const OPERATOR_SET = 17

/** The nodes of an op in the order in which they run, and the constants that they read. The last node makes the op's output. */
interface Translation {
  nodes: OnnxNode[]
  constants?: OnnxConstant[]
}

interface TranslationContext {
  parameters: Parameters
  /** Whether height and width are known only at run time. The graph is then an example; see OnnxOptions. */
  anySize: boolean
  /** An earlier tensor whose map always has this tensor's size. */
  sameSized: (tensor: Tensor) => Tensor
}

type Translator<Op> = (op: Op, context: TranslationContext) => Translation

/** The reason why an op has no translation. */
interface Untranslated {
  none: string
}

const trainingOnly: Untranslated = { none: 'only training has it' }
const beyondTheNetwork: Untranslated = {
  none: 'the file holds the network alone, from a normalised image to logits',
}

/** The translation of each op of a graph in which batch norms are folded and activations are separate ops. */
const translators: { [Kind in keyof FoldedOps]: Translator<OpOfKind<FoldedOps, Kind>> | Untranslated } = {
  conv2d: convolution,
  depthwiseConv2d: convolution,
  activation,
  add: op => ({ nodes: [node({ type: 'Add', ...ends(op) })] }),
  maximum: op => ({ nodes: [node({ type: 'Max', ...ends(op) })] }),
  maxPool,
  convTranspose2d: transposedConvolution,
  crop,
  globalAveragePool: op => ({ nodes: [node({ type: 'GlobalAveragePool', ...ends(op) })] }),
  concat: op => ({ nodes: [node({ type: 'Concat', ...ends(op), attributes: { axis: 1 } })] }),
  resize,
  batchNorm: { none: 'it folds into the convolution before it, and here there is none' },
  batchNormTraining: trainingOnly,
  custom: { none: 'ONNX has no operator for it' },
  dropout: trainingOnly,
  softmax: beyondTheNetwork,
  preprocess: beyondTheNetwork,
  accumulateProbabilities: beyondTheNetwork,
  upsampleArgmax: beyondTheNetwork,
}

/** Throws for an op that has no translation. */
export function translate<Kind extends keyof FoldedOps>(
  op: OpOfKind<FoldedOps, Kind>,
  context: TranslationContext,
): Translation {
  const translator: (typeof translators)[Kind] = translators[op.kind]
  if (isUntranslated(translator))
    throw new Error(`${op.name}: ${op.kind} is not translated to ONNX: ${translator.none}`)
  return translator(op, context)
}

const isUntranslated = (translator: object): translator is Untranslated => 'none' in translator

/** The names of an op's inputs and output. */
const ends = (op: FoldedOp) => ({ inputs: inputsOf(op).map(({ name }) => name), output: op.output.name })

function convolution(op: FoldedConv2dOp | FoldedDepthwiseConv2dOp, context: TranslationContext): Translation {
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
  const { kernel, stride, padding, ceilMode } = op
  const { top, left, bottom, right } = padding
  const attributes: OnnxAttributes = {
    kernel_shape: [...kernel],
    strides: [stride, stride],
    // By ceil_mode, the runtime adds to the padding at the end what the map's size asks for.
    ...(ceilMode ? { pads: [top, left, top, left], ceil_mode: 1 } : { pads: [top, left, bottom, right] }),
  }
  return { nodes: [node({ type: 'MaxPool', ...ends(op), attributes })] }
}

function transposedConvolution(op: ConvTranspose2dOp, { parameters }: TranslationContext): Translation {
  const { weight, stride, inputs, output } = op
  const attributes = { kernel_shape: weight.shape.slice(2), strides: [stride, stride] }
  const ends = { inputs: [inputs.input.name, weight.name], output: output.name }
  return {
    nodes: [node({ type: 'ConvTranspose', ...ends, attributes })],
    constants: [constant(weight.name, weight.shape, parameters.get(weight.name)!)],
  }
}

/** Crops to the size of another map, which the network reads when it runs. */
function crop(op: CropOp, { sameSized }: TranslationContext): Translation {
  const {
    inputs: [input],
    output,
  } = ends(op)
  const [size, first, last, axes] = ['size', 'first', 'last', 'axes'].map(part => `${output}.${part}`)
  return {
    nodes: [
      integers(first, [op.top, op.left]),
      integers(axes, [2, 3]),
      node({
        type: 'Shape',
        inputs: [sameSized(op.output).name],
        output: size,
        attributes: { start: 2, end: 4 },
      }),
      node({ type: 'Add', inputs: [first, size], output: last }),
      node({ type: 'Slice', inputs: [input, first, last, axes], output }),
    ],
  }
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
