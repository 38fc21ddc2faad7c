// A kernel launched by hand: relu(a + b) of one pixel with four channels.

import { openGpu } from 'atrous'
import { runKernel } from 'atrous/gpu'
import { add } from 'atrous/kernels'

const gpu = await openGpu()
const kernel = add({ label: 'sum', shape: [1, 1, 1, 4], activation: 'relu' })
const { output } = await runKernel(gpu, kernel, {
  a: Float32Array.of(1, 2, 3, 4),
  b: Float32Array.of(10, -20, 30, -40),
})
console.log([...new Float32Array(output.buffer)])
gpu.destroy()
