// TensorFlow.js with its WebGPU backend, on the same Dawn as this package. It runs only workloads of a single convolution.

import { conv2d, setBackend, type Tensor4D, tensor4d, tidy, transpose } from '@tensorflow/tfjs-core'
import { create, globals } from 'webgpu'
import type { Conv2dOp } from '../../../src/graph/ops/conv2d.ts'
import type { Workload } from '../workload.ts'
import { serve } from './engine.ts'

serve(async ({ graph, parameters, input }) => {
  const adapter = await openBackend()
  const [{ weight, dilation }] = graph.ops as Conv2dOp[]
  const filter = tidy(() => toHwio(tensor4d(parameters.get(weight.name)!, dimensions(weight.shape))))
  return {
    adapter,
    async run() {
      const x = tensor4d(input.data, dimensions(input.shape))
      const y = conv2d(x, filter, 1, 'same', 'NHWC', dilation)
      const output = await y.data()
      x.dispose()
      y.dispose()
      return output as Float32Array
    },
  }
})

type Dimensions = [number, number, number, number]
const dimensions = (shape: Workload['input']['shape'] | readonly number[]) => [...shape] as Dimensions

/** From PyTorch's OIHW layout of weights. */
const toHwio = (oihw: Tensor4D): Tensor4D => transpose(oihw, [2, 3, 1, 0])

/** Opens the backend. On import it looks for WebGPU where browsers have it. */
async function openBackend(): Promise<string> {
  const gpu = create([])
  Object.assign(globalThis, globals)
  const { navigator = {} } = globalThis as { navigator?: object }
  Object.defineProperty(navigator, 'gpu', { value: gpu })
  Object.defineProperty(globalThis, 'navigator', { value: navigator }) // Node 20 has none
  await import('@tensorflow/tfjs-backend-webgpu')
  if (!(await setBackend('webgpu'))) throw new Error('TensorFlow.js found no WebGPU')
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
  return adapter!.info.description
}
