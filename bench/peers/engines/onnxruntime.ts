// onnxruntime-node with one of its execution providers, `webgpu` or `cpu`.

import { InferenceSession, Tensor } from 'onnxruntime-node'
import { toNchw, toNhwc } from '../../../test/support/nchw.ts'
import { serve } from './engine.ts'

const [provider] = process.argv.slice(2)
/** onnxruntime's log level for errors only. Its warnings report that it computes shapes on the CPU. */
const ERROR = 3

serve(async ({ graph, input: { data, shape } }, { onnxFile }) => {
  const session = await InferenceSession.create(onnxFile, {
    executionProviders: [provider],
    logSeverityLevel: ERROR,
  })
  const [n, h, w, c] = shape
  const pixels = toNchw(data, shape)
  const [output] = graph.outputs
  return {
    async run() {
      const inputs = { [session.inputNames[0]]: new Tensor('float32', pixels, [n, c, h, w]) }
      const outputs = await session.run(inputs)
      return outputs[session.outputNames[0]].data as Float32Array
    },
    toNhwc: nchw => toNhwc(nchw, output.shape),
  }
})
