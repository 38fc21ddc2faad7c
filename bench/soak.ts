// Segments photos of changing sizes, one after the other, and exits with code 1 if GPU buffers, GPU bytes or the JavaScript heap
// grow: `npm run bench:soak`. The network is tiny; a leak would be the same in a large one.

import { DeepLab } from '../src/node/deeplab.ts'
import { type Image, openGpu } from '../src/node/index.ts'

const RUNS = 200
const EVERY = 20
/** The noise of the heap size, which garbage collection does not remove. */
const HEAP_SLACK_BYTES = 4e6

const { gc } = globalThis
if (!gc) throw new Error('run with node --expose-gc')

const gpu = await openGpu()
const model = await DeepLab.create(
  { backbone: 'resnet50', units: [1, 1, 1, 1], multiGrid: [1], width: 1 / 16 },
  { gpu },
)
console.log('photos  GPU buffers  GPU MB  heap MB')
const samples: { buffers: number; gpuBytes: number; heapBytes: number }[] = []
for (let run = 1; run <= RUNS; run++) {
  await model.segment(greyPhoto(run), { size: 97 })
  if (run % EVERY > 0) continue
  await gpu.finish()
  gc()
  const { buffers, liveBytes: gpuBytes } = gpu.memory
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  samples.push({ buffers, gpuBytes, heapBytes: heapUsed + arrayBuffers })
  const row = [run, buffers, megabytes(gpuBytes), megabytes(heapUsed + arrayBuffers)]
  console.log(row.map((cell, i) => String(cell).padStart([6, 11, 6, 7][i])).join('  '))
}
await model.dispose()
const leaked = gpu.memory.buffers
gpu.destroy()

// The first sample is a warm-up: caches fill, code is compiled.
const [, settled, ...later] = samples
const last = later.at(-1)!
const grown = [
  last.buffers > settled.buffers && 'GPU buffers',
  // The sizes of photos differ, and so do their buffers.
  last.gpuBytes > 1.1 * settled.gpuBytes && 'GPU bytes',
  last.heapBytes > settled.heapBytes + HEAP_SLACK_BYTES && 'heap',
  leaked > 0 && 'buffers left after dispose',
].filter(what => what !== false)
console.log(grown.length > 0 ? `grown: ${grown.join(', ')}` : 'nothing grows')
process.exitCode = grown.length > 0 ? 1 : 0

/** Consecutive runs have different sizes, and a size returns only after 97 others. */
function greyPhoto(run: number): Image {
  const width = 64 + ((run * 37) % 97)
  const height = 64 + ((run * 59) % 89)
  const data = new Uint8Array(width * height * 4).fill(128)
  return { width, height, data, originalWidth: width, originalHeight: height }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(2)
}
