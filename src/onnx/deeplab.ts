// A trained network as an ONNX file, for onnxruntime and what builds on it.

import type { ModelGraph } from '../graph/ops/index.ts'
import { GraphBuilder } from '../graph/ops/index.ts'
import type { DeepLabConfig } from '../model/config.ts'
import { deepLab } from '../model/deeplab.ts'
import type { OnnxExportOptions } from './export.ts'
import type { Parameters } from './folded_convolution.ts'
import { onnxModel } from './model.ts'

/** Halved at every stride up to 256 these sides stay even to the end, and no two strides leave maps of one size. */
const EXAMPLE = { height: 512, width: 1024 }

/**
 * The ONNX file (operator set 17) of a network: `pixel_values`, normalised images [n, 3, h, w] → `logits`
 * [n, classes, ⌈h/outputStride⌉, ⌈w/outputStride⌉], by the names that Hugging Face uses.
 * Throws a UserError for an output stride that the network cannot reach.
 */
export function deepLabOnnx(
  { config, parameters }: { config: DeepLabConfig; parameters: Parameters },
  { outputStride, size }: OnnxExportOptions = {},
): Uint8Array {
  const builder = new GraphBuilder()
  const { height, width } = size ?? EXAMPLE
  const images = builder.input('pixel_values', [1, height, width, 3])
  const graph = builder.build([deepLab(builder, images, config, outputStride)])
  return onnxModel(withOutputNamed(graph, 'logits'), { parameters, anySize: !size })
}

function withOutputNamed(graph: ModelGraph, name: string): ModelGraph {
  const [output] = graph.outputs
  const named = { ...output, name }
  const ops = graph.ops.map(op => (op.output === output ? { ...op, output: named } : op))
  return { ...graph, ops, outputs: [named] }
}
