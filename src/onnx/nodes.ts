// Makes the parts of an ONNX file from plain values: nodes with attributes, constants, and descriptions of inputs and outputs.

import type { MessageInitShape } from '@bufbuild/protobuf'
import {
  type AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as DataType,
  type NodeProtoSchema,
  type TensorProtoSchema,
  type ValueInfoProtoSchema,
} from './onnx_pb.ts'

export type OnnxNode = MessageInitShape<typeof NodeProtoSchema>
export type OnnxConstant = MessageInitShape<typeof TensorProtoSchema>
type AttributeInit = MessageInitShape<typeof AttributeProtoSchema>
type ValueInit = MessageInitShape<typeof ValueInfoProtoSchema>

export type OnnxAttributes = Record<string, number | number[] | string>

interface NodeParts {
  type: string
  /** '' for an optional input that is left out. */
  inputs: string[]
  /** The node's only output. It is also the node's name. */
  output: string
  attributes?: OnnxAttributes
}

export const node = ({ type, inputs, output, attributes = {} }: NodeParts): OnnxNode => ({
  opType: type,
  name: output,
  input: inputs,
  output: [output],
  attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
})

function attribute(name: string, value: number | number[] | string): AttributeInit {
  if (typeof value === 'string')
    return { name, type: AttributeType.STRING, s: new TextEncoder().encode(value) }
  if (typeof value === 'number') return { name, type: AttributeType.INT, i: BigInt(value) }
  return { name, type: AttributeType.INTS, ints: value.map(BigInt) }
}

/** A constant tensor in the file. A scalar has the shape []. */
export const constant = (name: string, shape: readonly number[], data: Float32Array): OnnxConstant => ({
  name,
  dims: shape.map(BigInt),
  dataType: DataType.FLOAT,
  // ONNX wants little-endian values. Every machine that WebGPU runs on is little-endian.
  rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
})

/** A node that makes a constant vector of whole numbers. */
export const integers = (output: string, values: readonly number[]): OnnxNode =>
  node({ type: 'Constant', inputs: [], output, attributes: { value_ints: [...values] } })

/** A float32 input or output. A dimension that is known only at run time is a name. */
export const value = (name: string, shape: readonly (number | string)[]): ValueInit => ({
  name,
  type: {
    value: {
      case: 'tensorType',
      value: { elemType: DataType.FLOAT, shape: { dim: shape.map(size => ({ value: dimension(size) })) } },
    },
  },
})

const dimension = (size: number | string) =>
  typeof size === 'number'
    ? { case: 'dimValue' as const, value: BigInt(size) }
    : { case: 'dimParam' as const, value: size }
