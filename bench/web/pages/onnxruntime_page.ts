// onnxruntime-web with one of its execution providers. Preparing the photo and finding the classes is left to the page.

import type * as Onnxruntime from 'onnxruntime-web/webgpu'
import { type Segmented, serve } from './page.ts'
import { upsampleArgmax } from './upsample_argmax.ts'

/** onnxruntime's log level for errors only. Its warnings report that it computes shapes on the CPU. */
const ERROR = 3

interface Preprocessing {
  image_mean: number[]
  image_std: number[]
}

/** The providers are in builds of their own. */
export function serveOnnxruntime(
  { env, InferenceSession, Tensor }: Pick<typeof Onnxruntime, 'env' | 'InferenceSession' | 'Tensor'>,
  provider: 'webgpu' | 'wasm',
): void {
  env.wasm.wasmPaths = new URL('.', location.href).href
  serve(async () => {
    const options = { executionProviders: [provider], logSeverityLevel: ERROR } as const
    const [session, answer] = await Promise.all([
      InferenceSession.create('peers/onnx/model.onnx', options),
      fetch('peers/preprocessor_config.json'),
    ])
    const preprocessing = (await answer.json()) as Preprocessing
    const network = (pixels: Float32Array, { width, height }: ImageData) =>
      session.run({ pixel_values: new Tensor('float32', pixels, [1, 3, height, width]) })
    return { segment: photo => segment(photo, preprocessing, network) }
  })
}

async function segment(
  photo: ImageData,
  preprocessing: Preprocessing,
  network: (pixels: Float32Array, photo: ImageData) => ReturnType<Onnxruntime.InferenceSession['run']>,
): Promise<Segmented> {
  const { width, height } = photo
  const pixels = normalised(photo, preprocessing)
  const start = performance.now()
  const { logits } = await network(pixels, photo)
  const networkMilliseconds = performance.now() - start
  const [, classes, rows, columns] = logits.dims
  const from = { data: logits.data, classes, height: rows, width: columns }
  return { mask: upsampleArgmax(from, { width, height }), networkMilliseconds }
}

/** NCHW, as the network expects it. */
function normalised({ data, width, height }: ImageData, { image_mean, image_std }: Preprocessing) {
  const plane = width * height
  const values = new Float32Array(3 * plane)
  for (let channel = 0; channel < 3; channel++)
    for (let i = 0; i < plane; i++)
      values[channel * plane + i] = (data[4 * i + channel] / 255 - image_mean[channel]) / image_std[channel]
  return values
}
