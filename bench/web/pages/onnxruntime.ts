// onnxruntime-web with its execution provider for WebGPU. Preparing the photo and finding the classes is left to the page.

import { env, InferenceSession, Tensor } from 'onnxruntime-web/webgpu'
import { serve } from './page.ts'
import { upsampleArgmax } from './upsample_argmax.ts'

/** onnxruntime's log level for errors only. Its warnings report that it computes shapes on the CPU. */
const ERROR = 3

interface Preprocessing {
  image_mean: number[]
  image_std: number[]
}

env.wasm.wasmPaths = new URL('.', location.href).href

serve(async () => {
  const options = { executionProviders: ['webgpu'], logSeverityLevel: ERROR } as const
  const [session, answer] = await Promise.all([
    InferenceSession.create('peers/onnx/model.onnx', options),
    fetch('peers/preprocessor_config.json'),
  ])
  const preprocessing = (await answer.json()) as Preprocessing
  return {
    async segment(photo) {
      const { width, height } = photo
      const pixels = new Tensor('float32', normalised(photo, preprocessing), [1, 3, height, width])
      const start = performance.now()
      const { logits } = await session.run({ pixel_values: pixels })
      const networkMilliseconds = performance.now() - start
      const [, classes, rows, columns] = logits.dims
      const from = { data: logits.data, classes, height: rows, width: columns }
      return { mask: upsampleArgmax(from, { width, height }), networkMilliseconds }
    },
  }
})

/** NCHW, as the network expects it. */
function normalised({ data, width, height }: ImageData, { image_mean, image_std }: Preprocessing) {
  const plane = width * height
  const values = new Float32Array(3 * plane)
  for (let channel = 0; channel < 3; channel++)
    for (let i = 0; i < plane; i++)
      values[channel * plane + i] = (data[4 * i + channel] / 255 - image_mean[channel]) / image_std[channel]
  return values
}
