// `npm run soak:frames`: 5 000 frames of a video through `segmentFrames` with smoothing. Memory must not grow, on the GPU and in the process.
//   npm run soak:frames -- [--frames N]

import { parseArgs } from 'node:util'
import { openGpu } from '../../src/node/gpu/dawn.ts'
import { DeepLab, type Image } from '../../src/node/index.ts'
import { blocksPhoto, TINY } from './tiny_model.ts'

const { values } = parseArgs({ options: { frames: { type: 'string', default: '5000' } } })
const frames = Number(values.frames)
/** Frames between two readings of the memory. The first reading comes after as many, when everything is warm. */
const EVERY = Math.ceil(frames / 10)
/** How much more the last reading may have than the first one, in bytes. */
const MAX_GROWTH = 32 * 2 ** 20

/** A scene in which a bright square moves; every hundredth frame is of another scene. */
function* moving(): Generator<Image> {
  for (let time = 0; time < frames; time++) {
    const photo = blocksPhoto(96, 72, Math.floor(time / 100))
    for (let y = 20; y < 30; y++)
      photo.data.fill(255, (y * 96 + (time % 80)) * 4, (y * 96 + (time % 80) + 10) * 4)
    yield photo
  }
}

const gpu = await openGpu()
const model = await DeepLab.create(TINY, { gpu })
const readings: { gpuBytes: number; residentBytes: number }[] = []
for await (const { index } of model.segmentFrames(moving(), { size: 33, smoothing: true })) {
  if ((index + 1) % EVERY > 0) continue
  readings.push({ gpuBytes: gpu.memory.liveBytes, residentBytes: process.memoryUsage().rss })
  const [onGpu, resident] = Object.values(readings.at(-1)!).map(bytes => (bytes / 1e6).toFixed(1))
  console.log(`frame ${index + 1}: ${onGpu} MB on the GPU, process ${resident} MB`)
}
await model.dispose()
const left = gpu.memory.buffers
gpu.destroy()

const [first, last] = [readings[0], readings.at(-1)!]
const growth = {
  gpu: last.gpuBytes - first.gpuBytes,
  process: last.residentBytes - first.residentBytes,
}
console.log(`growth in bytes: ${JSON.stringify(growth)}; buffers left: ${left}`)
// The last frame has no other one ahead of it, with its readback.
process.exitCode = growth.gpu <= 0 && growth.process < MAX_GROWTH && left === 0 ? 0 : 1
