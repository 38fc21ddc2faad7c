// transformers.js on WebGPU. Its `pipeline` refuses networks that it does not know, such as the shipped one, so the page takes the
// pipeline's three steps itself: prepare, run, find the classes.

import { AutoModel, AutoProcessor, env, RawImage } from '@huggingface/transformers'
import { serve } from './page.ts'

env.allowLocalModels = true
env.allowRemoteModels = false
env.localModelPath = new URL('.', location.href).href
env.backends.onnx.wasm.wasmPaths = env.localModelPath // Otherwise it loads onnxruntime from a CDN.

serve(async () => {
  const [model, processor] = await Promise.all([
    AutoModel.from_pretrained('peers', { dtype: 'fp32', device: 'webgpu' }),
    AutoProcessor.from_pretrained('peers'),
  ])
  return {
    async segment({ data, width, height }) {
      const inputs = await processor(new RawImage(data, width, height, 4).rgb())
      const start = performance.now()
      const outputs = await model(inputs)
      const networkMilliseconds = performance.now() - start
      const sizes: [number, number][] = [[height, width]]
      const [{ segmentation }] = processor.image_processor.post_process_semantic_segmentation(outputs, sizes)
      return { mask: Uint8Array.from(segmentation.data), networkMilliseconds }
    },
  }
})
