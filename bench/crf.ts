// Times the fully connected CRF behind scores of 21 classes, and its memory: `npm run bench:crf -- [PHOTO …] [--size 513] [--runs 3]`.
// Default: the photo of the README. Each photo is resampled to a square. Noise is the worst case: no two pixels share a vertex.

import { parseArgs } from 'node:util'
import { noisePhoto } from '../src/bench/noise.ts'
import { summary, timed } from '../src/bench/repeat.ts'
import { digits, StreamedTable } from '../src/cli/format.ts'
import { type CrfPreset, crfPresets } from '../src/crf/crf_parameters.ts'
import { type CrfJob, refine } from '../src/crf/refine.ts'
import { usage } from '../src/gpu/buffers.ts'
import { openGpu } from '../src/node/gpu/dawn.ts'
import { readImage } from '../src/node/images/image.ts'
import { randomValues } from '../test/reference/random.ts'

const CLASSES = 21
/** The side of the network's scores. */
const SCORES = 33

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', default: '513' },
    runs: { type: 'string', default: '3' },
  },
})
const size = Number(values.size)
const photos = positionals.length > 0 ? positionals : ['docs/scene.png', 'noise']

/** The times of runs with so many iterations, and the most memory at a time. */
async function bench(photo: CrfJob['photo'], preset: CrfPreset, iterations: number) {
  const gpu = await openGpu() // a new one: it counts the most bytes since it was opened
  const pitch = Math.ceil(CLASSES / 4) * 4
  const logits = Float32Array.from(randomValues(SCORES * SCORES * pitch, 1, 3))
  const flags = usage.storage | usage.copyDestination
  const buffer = await gpu.allocate('scores', logits.byteLength, flags)
  gpu.device.queue.writeBuffer(buffer, 0, logits)
  const run = () =>
    refine(gpu, {
      scores: { buffer, shape: [1, SCORES, SCORES, CLASSES], dtype: 'f32', kind: 'logits' },
      ...{ photo, width: size, height: size, parameters: { ...crfPresets[preset], iterations } },
    })
  await run()
  const times: number[] = []
  for (let i = 0; i < Number(values.runs); i++) times.push(await timed(run))
  const { peakBytes } = gpu.memory
  const { description } = gpu.info
  gpu.destroy()
  return { ...summary(times), peakBytes, description }
}

const headings = ['photo', 'parameters', 'ms', 'minimum', 'ms of an iteration', 'ms of all else', 'MB']
const table = new StreamedTable(headings, 24)
for (const name of photos) {
  const photo = name === 'noise' ? noisePhoto(size) : await readImage(name)
  for (const preset of Object.keys(crfPresets) as CrfPreset[]) {
    const whole = await bench(photo, preset, 10)
    const short = await bench(photo, preset, 1)
    const iteration = (whole.median - short.median) / 9
    const megabytes = (whole.peakBytes / 1e6).toFixed(0)
    const numbers = [whole.median, whole.minimum, iteration, whole.median - 10 * iteration]
    table.row([name, preset, ...numbers.map(digits), megabytes])
  }
}
