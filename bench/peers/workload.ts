// The workload of all engines: one graph, its weights and one input. Every process creates it from these few options, identical
// to the last bit.

import { findBenchModel } from '../../src/cli/bench/bench_model.ts'
import { graphParameters } from '../../src/graph/ir/graph.ts'
import type { ModelGraph } from '../../src/graph/ops/index.ts'
import { GraphBuilder } from '../../src/graph/ops/index.ts'
import type { Shape } from '../../src/kernels/layout.ts'
import { deepLab } from '../../src/model/deeplab.ts'
import { initialValues } from '../../src/model/initial_weights.ts'
import { randomValues } from '../../test/reference/random.ts'

export type WorkloadOptions =
  /** A network from a square image to logits, before they are upsampled. `model` is any model that `atrous bench` takes. */
  | { kind: 'network'; model: string; outputStride?: number; size: number }
  /** One 3×3 convolution of ASPP on ResNet's features of a 513×513 image at output stride 16. */
  | { kind: 'aspp'; rate: number }

export interface Workload {
  /** It has one input and one output. */
  graph: ModelGraph
  /** The parameters by name, in PyTorch's layouts. */
  parameters: ReadonlyMap<string, Float32Array>
  /** Dense NHWC. */
  input: { data: Float32Array; shape: Shape }
}

const ASPP_MAP: Shape = [1, 33, 33, 2048]
const ASPP_CHANNELS = 256

export async function createWorkload(options: WorkloadOptions): Promise<Workload> {
  const builder = new GraphBuilder()
  if (options.kind === 'aspp') {
    const features = builder.input('features', ASPP_MAP)
    const { rate } = options
    const branch = builder.conv2d(features, {
      name: 'aspp',
      outChannels: ASPP_CHANNELS,
      kernel: 3,
      dilation: rate,
    })
    const graph = builder.build([branch])
    return { graph, parameters: initialValues(graphParameters(graph), 0), input: noise(ASPP_MAP) }
  }
  const { model, size, outputStride } = options
  const { config, parameters } = await findBenchModel(model)
  const shape: Shape = [1, size, size, 3]
  const logits = deepLab(builder, builder.input('pixel_values', shape), config, outputStride)
  return { graph: builder.build([logits]), parameters, input: noise(shape) }
}

/** Values in −2 … 2, like those of normalised photos. */
const noise = (shape: Shape) => ({
  data: Float32Array.from(
    randomValues(
      shape.reduce((a, b) => a * b),
      1,
      2,
    ),
  ),
  shape,
})
