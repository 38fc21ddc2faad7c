// Times whole networks, photo to mask: `npm run bench -- [PRESET …] [--output-stride N] [--size N] [--runs N] [--profile]`.
// Weights are seeded random ones. `first` counts planning, uploading and compiling; the median is of the runs after it.

import { parseArgs } from 'node:util'
import type { Gpu } from '../src/gpu/gpu.ts'
import { initialWeights } from '../src/model/initial_weights.ts'
import { IMAGENET } from '../src/model/preprocessing.ts'
import { preset } from '../src/model/presets.ts'
import { type Photo, Segmenter } from '../src/model/segmenter.ts'
import { openGpu } from '../src/node/dawn.ts'
import { randomSource } from '../test/reference/random.ts'
import { digits, Table } from './table.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'output-stride': { type: 'string', default: '8' },
    size: { type: 'string', default: '513' },
    runs: { type: 'string', default: '3' },
    profile: { type: 'boolean', default: false },
  },
})
const outputStride = Number(values['output-stride'])
const size = Number(values.size)
const names = positionals.length > 0 ? positionals : ['deeplabv3_mobilenet_v2', 'deeplabv3_resnet50']

function noise(): Photo {
  const random = randomSource(1)
  const data = Uint8Array.from({ length: size * size * 4 }, () => random() * 256)
  return { width: size, height: size, data, originalWidth: size, originalHeight: size }
}

async function bench(gpu: Gpu, name: string, table: Table): Promise<void> {
  const { config } = preset(name)
  const parameters = initialWeights(config, 0)
  const segmenter = new Segmenter(gpu, { config, parameters, preprocessing: IMAGENET })
  const photo = noise()
  const options = { outputStride, size }
  const times: number[] = []
  for (let run = 0; run <= Number(values.runs); run++) {
    const start = performance.now()
    await segmenter.segment([photo], options)
    times.push(performance.now() - start)
  }
  const [first, ...warm] = times
  warm.sort((a, b) => a - b)
  const median = warm[Math.floor(warm.length / 2)]
  const { arenaBytes, steps } = segmenter.plan([photo], options)
  const macs = steps.reduce((sum, { kernel }) => sum + (kernel.macs ?? 0), 0)
  const cells = [macs / 1e9, arenaBytes / 1e6, gpu.memory.liveBytes / 1e6, first, warm[0], median]
  table.row([
    `${name}, ${size}×${size}, output stride ${outputStride}`,
    ...[...cells, (2 * macs) / median / 1e6].map(digits),
  ])
  if (values.profile) printProfile(await segmenter.profile([photo], options))
  await segmenter.dispose()
}

function printProfile(times: { label: string; milliseconds: number }[]): void {
  const total = times.reduce((sum, { milliseconds }) => sum + milliseconds, 0)
  const table = new Table(['op', 'ms', 'share %'], 64)
  for (const { label, milliseconds } of times.sort((a, b) => b.milliseconds - a.milliseconds))
    table.row([label, digits(milliseconds), digits((100 * milliseconds) / total)])
}

// Without it timestamps are rounded to 65 µs.
const gpu = await openGpu({ features: ['disable-dawn-features=timestamp_quantization'] })
try {
  console.log(`${gpu.info.description}\n`)
  const headings = ['network', 'GMAC', 'arena MB', 'GPU MB', 'first ms', 'min ms', 'median ms', 'GFLOP/s']
  const table = new Table(headings, 56)
  for (const name of names) await bench(gpu, name, table)
} finally {
  gpu.destroy()
}
