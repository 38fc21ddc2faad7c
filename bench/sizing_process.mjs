// One process of bench/sizing.ts, as a worker or a server would be: node bench/sizing_process.mjs MODEL SIZE OUTPUT_STRIDE RUNS. It loads a model from
// the built package, and segments photos of noise. Prints JSON.
import { readFileSync } from 'node:fs'
import { presets } from '../dist/model/index.js'
import { DeepLab } from '../dist/node/index.js'

const [model, size, outputStride, runs] = process.argv.slice(2)
const options = { size: Number(size), outputStride: Number(outputStride) }
const preset = presets.find(({ name }) => name === model)
const network =
  model === 'scenes'
    ? await DeepLab.load(model, { tune: 'off' })
    : await DeepLab.create(preset.config, { tune: 'off' })
const data = Uint8Array.from({ length: options.size ** 2 * 4 }, (_, i) => (i * 2654435761) >>> 24)
const photo = { width: options.size, height: options.size, data }
await network.segment(photo, options)
const firstMaskSeconds = performance.now() / 1000 // since the process began
const milliseconds = []
for (let run = 0; run < Number(runs); run++) {
  const start = performance.now()
  await network.segment(photo, options)
  milliseconds.push(performance.now() - start)
}
const [, kilobytes] = /VmHWM:\s*(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))
const gpuBytes = network.gpu.memory.liveBytes
console.log(JSON.stringify({ firstMaskSeconds, milliseconds, residentBytes: 1024 * kilobytes, gpuBytes }))
await network.dispose()
