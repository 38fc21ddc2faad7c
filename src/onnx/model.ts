// A graph with its weights, as the bytes of an ONNX file.

import { create, toBinary } from '@bufbuild/protobuf'
import type { Tensor } from '../graph/ir/tensor.ts'
import type { ModelGraph } from '../graph/ops/index.ts'
import { foldable, foldBatchNorms } from '../graph/passes/fold.ts'
import type { Parameters } from './folded_convolution.ts'
import { value } from './nodes.ts'
import { ModelProtoSchema } from './onnx_pb.ts'
import { OPERATOR_SET, translate } from './operators.ts'

/** The IR version of ONNX 1.12, the first release with operator set 17. */
const IR_VERSION = 8n

interface OnnxOptions {
  parameters: Parameters
  /**
   * Whether batch size, height and width are left open. The graph is then an example in which all maps that a stride halves
   * have even sides, and two maps have the same size only if they have it for every image.
   */
  anySize: boolean
}

/**
 * The ONNX file of an inference graph of f32 tensors as a model builds it. Inputs and outputs keep their names and become
 * NCHW. Batch norms are folded into the convolutions before them.
 */
export function onnxModel(graph: ModelGraph, { parameters, anySize }: OnnxOptions): Uint8Array {
  const { ops, inputs, outputs } = foldBatchNorms(foldable(graph))
  const tensors = [...inputs, ...ops.map(({ output }) => output)]
  const sameSized = (tensor: Tensor) => tensors.find(other => sizesAgree(other, tensor))!
  const translations = ops.map(op => translate(op, { parameters, anySize, sameSized }))
  const describe = (tensor: Tensor, prefix: string) =>
    value(tensor.name, anySize ? openShape(tensor, prefix) : fixedShape(tensor))
  const model = create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    producerName: 'atrous',
    opsetImport: [{ domain: '', version: BigInt(OPERATOR_SET) }],
    graph: {
      name: 'atrous',
      node: translations.flatMap(({ nodes }) => nodes),
      initializer: translations.flatMap(({ constants = [] }) => constants),
      input: inputs.map(tensor => describe(tensor, '')),
      output: outputs.map(tensor => describe(tensor, `${tensor.name}_`)),
    },
  })
  return toBinary(ModelProtoSchema, model)
}

const sizesAgree = ({ shape: [, h, w] }: Tensor, { shape: [, height, width] }: Tensor) =>
  h === height && w === width

const fixedShape = ({ shape: [n, h, w, c] }: Tensor) => [n, c, h, w]

const openShape = ({ shape: [, , , c] }: Tensor, prefix: string) => [
  'batch_size',
  c,
  `${prefix}height`,
  `${prefix}width`,
]
