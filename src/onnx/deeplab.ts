// A trained network as an ONNX file, for onnxruntime and programs that build on it.

import type { ModelGraph } from '../graph/ops/index.ts'
import { GraphBuilder } from '../graph/ops/index.ts'
import type { DeepLabConfig } from '../model/config.ts'
import { deepLab } from '../model/deeplab.ts'
import { onnxModel } from './model.ts'

export interface OnnxExportOptions {
  /** The output stride of the exported network. Default: the model's. */
  outputStride?: number
  /** If given, the file takes one image of exactly this size at a time. Default: batches of images of any size. */
  size?: { height: number; width: number }
}

/** At every stride up to 256, all maps that a stride halves have even sides, and no two strides have maps of the same size. */
const EXAMPLE = { height: 512, width: 1024 }

/**
 * The ONNX file (operator set 17) of a network: `pixel_values`, normalised images [n, inputChannels, h, w] → `logits`
 * [n, classes, ⌈h/outputStride⌉, ⌈w/outputStride⌉]. The names are Hugging Face's.
 * Throws a UserError for an output stride that the network cannot reach.
 */
export function encodeDeepLab(
  { config, parameters }: { config: DeepLabConfig; parameters: ReadonlyMap<string, Float32Array> },
  { outputStride, size }: OnnxExportOptions = {},
): Uint8Array {
  const builder = new GraphBuilder()
  const { height, width } = size ?? EXAMPLE
  const images = builder.input('pixel_values', [1, height, width, config.inputChannels])
  const graph = builder.build([deepLab(builder, images, config, outputStride)])
  return onnxModel(withOutputNamed(graph, 'logits'), { parameters, anySize: !size })
}

function withOutputNamed(graph: ModelGraph, name: string): ModelGraph {
  const [output] = graph.outputs
  const named = { ...output, name }
  const ops = graph.ops.map(op => (op.output === output ? { ...op, output: named } : op))
  return { ...graph, ops, outputs: [named] }
}
