// Run by gpu_shim.test.ts in a separate process with the library: prints the adapter, and what a kernel leaves in its output.

import { runKernel } from '../../src/gpu/run_kernel.ts'
import { activation } from '../../src/kernels/elementwise/activation.ts'
import { openGpu } from '../../src/node/gpu/dawn.ts'

const gpu = await openGpu()
const kernel = activation({ label: 'relu', shape: [1, 1, 1, 4], activation: 'relu' })
const { output } = await runKernel(gpu, kernel, { input: new Float32Array([1, 2, 3, 4]) })
const { vendor, architecture, device, subgroupMinSize, subgroupMaxSize } = gpu.info
console.log(
  JSON.stringify({
    vendor,
    architecture,
    device,
    subgroupMinSize,
    subgroupMaxSize,
    output: [...new Float32Array(output.buffer)],
  }),
)
gpu.destroy()
