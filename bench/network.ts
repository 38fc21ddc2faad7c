// Times whole networks, photo to mask: `npm run bench -- [PRESET|FOLDER …] [--output-stride N] [--size N] [--runs N] [--profile]`.
// A preset's weights are seeded random ones; a folder is one that DeepLab.save wrote. `first` counts planning, uploading and
// compiling; the median is of the runs after it.

import { parseArgs } from 'node:util'
import type { Gpu } from '../src/gpu/gpu.ts'
import { Segmenter } from '../src/model/segmenter.ts'
import { openGpu } from '../src/node/dawn.ts'
import { benchNetwork, noise } from './networks.ts'
import { digits, Table } from './table.ts'
import { printProfile, summary } from './times.ts'

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

async function bench(gpu: Gpu, name: string, table: Table): Promise<void> {
  const segmenter = new Segmenter(gpu, await benchNetwork(name))
  const photo = noise(size)
  const options = { outputStride, size }
  const times: number[] = []
  for (let run = 0; run <= Number(values.runs); run++) {
    const start = performance.now()
    await segmenter.segment([photo], options)
    times.push(performance.now() - start)
  }
  const [first, ...warm] = times
  const { minimum, median } = summary(warm)
  const { arenaBytes, steps } = segmenter.plan([photo], options)
  const macs = steps.reduce((sum, { kernel }) => sum + (kernel.macs ?? 0), 0)
  const cells = [macs / 1e9, arenaBytes / 1e6, gpu.memory.liveBytes / 1e6, first, minimum, median]
  table.row([
    `${name}, ${size}×${size}, output stride ${outputStride}`,
    ...[...cells, (2 * macs) / median / 1e6].map(digits),
  ])
  if (values.profile) printProfile(await segmenter.profile([photo], options))
  await segmenter.dispose()
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
