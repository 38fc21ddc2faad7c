// Run by dawn.test.ts in a separate process, with --expose-gc: opens, uses and destroys many GPUs, and prints the number of
// threads and file descriptors that the process has then.

import { readdirSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { runKernel } from '../../src/gpu/run_kernel.ts'
import { activation } from '../../src/kernels/elementwise/activation.ts'
import { openGpu } from '../../src/node/gpu/dawn.ts'

/** Dawn frees a device after the garbage collector has taken every object made from it. */
async function counts() {
  for (let i = 0; i < 3; i++) {
    globalThis.gc!()
    await setTimeout(100)
  }
  return {
    threads: readdirSync('/proc/self/task').length,
    descriptors: readdirSync('/proc/self/fd').length,
  }
}

async function openAndDestroy(times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    const gpu = await openGpu()
    const kernel = activation({ label: 'relu', shape: [1, 1, 1, 4], activation: 'relu' })
    await runKernel(gpu, kernel, { input: new Float32Array(4) })
    gpu.destroy()
  }
}

await openAndDestroy(2)
const before = await counts()
await openAndDestroy(Number(process.argv[2]))
console.log(JSON.stringify({ before, after: await counts() }))
