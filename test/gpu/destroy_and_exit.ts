// Run by dawn.test.ts in a separate process: uses the GPU, destroys it, and prints what is left to do: nothing.

import { runKernel } from '../../src/gpu/run_kernel.ts'
import { activation } from '../../src/kernels/elementwise/activation.ts'
import { openGpu } from '../../src/node/gpu/dawn.ts'

const gpu = await openGpu()
const kernel = activation({ label: 'relu', shape: [1, 1, 1, 4], activation: 'relu' })
await runKernel(gpu, kernel, { input: new Float32Array(4) })
gpu.destroy()
// The pipe of its output does not keep the process running.
const active = process.getActiveResourcesInfo().filter(name => name !== 'PipeWrap')
console.log(`destroyed; what may wait: ${active.join() || 'nothing'}`)
