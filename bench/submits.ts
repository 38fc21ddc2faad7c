// Times a network in one submit and in several that are bounded in time, alternately: `npm run bench:submits -- [PRESET|FOLDER …]
// [--size N] [--output-stride N] [--milliseconds 50,25] [--runs N]`. Each bound is tried without an AbortSignal, when all submits are
// sent at once, and with one, when two are sent at most. CPU adapters have no bound unless this sets one.

import { parseArgs } from 'node:util'
import { noisePhoto } from '../src/bench/noise.ts'
import { summary, timed } from '../src/bench/repeat.ts'
import { findBenchModel } from '../src/cli/bench/bench_model.ts'
import { digits, StreamedTable } from '../src/cli/format.ts'
import { Segmenter } from '../src/inference/segmenter.ts'
import { openGpu } from '../src/node/gpu/dawn.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', default: '513' },
    'output-stride': { type: 'string', default: '16' },
    milliseconds: { type: 'string', default: '50,25' },
    runs: { type: 'string', default: '7' },
  },
})
const networks = positionals.length > 0 ? positionals : ['deeplabv3_mobilenet_v2']
const size = Number(values.size)

interface Contender {
  /** The bound of a submit. */
  milliseconds: number
  signal?: AbortSignal
  submits: number[]
  times: number[]
}

const { signal } = new AbortController()
const contendersOf = (): Contender[] =>
  [
    { milliseconds: Infinity },
    ...values.milliseconds
      .split(',')
      .map(Number)
      .flatMap(milliseconds => [{ milliseconds }, { milliseconds, signal }]),
  ].map(contender => ({ ...contender, submits: [], times: [] }))

/** Runs after which the bounds hold by measured times. */
const LEARNING_RUNS = 4

const gpu = await openGpu()

/** The number of submits so far. */
let submits = 0
const { queue } = gpu.device
const { submit } = queue
queue.submit = buffers => {
  submits++
  return submit.call(queue, buffers)
}

async function bench(network: string) {
  const segmenter = new Segmenter(gpu, await findBenchModel(network))
  const options = { size, outputStride: Number(values['output-stride']) }
  const photo = noisePhoto(size)
  const contenders = contendersOf()
  const run = async ({ milliseconds, signal, ...found }: Contender) => {
    gpu.submitMilliseconds = milliseconds
    submits = 0
    found.times.push(await timed(() => segmenter.segment([photo], { ...options, signal })))
    found.submits.push(submits)
  }
  await timed(() => segmenter.segment([photo], options))
  for (let i = 0; i < LEARNING_RUNS; i++) await run(contendersOf()[1])
  for (let i = 0; i < Number(values.runs); i++) for (const contender of contenders) await run(contender)
  await segmenter.dispose()
  return contenders
}

console.log(`${gpu.info.description}\n`)
const headings = ['network', 'bound, ms', 'at a time', 'submits', 'minimum ms', 'median ms', 'of one submit']
const table = new StreamedTable(headings, 32)
for (const network of networks) {
  const contenders = await bench(network)
  const whole = summary(contenders[0].times)
  for (const contender of contenders) {
    const { minimum, median } = summary(contender.times)
    const count = `${Math.min(...contender.submits)}–${Math.max(...contender.submits)}`
    table.row([
      `${network}, ${size}²`,
      String(contender.milliseconds),
      contender.signal ? 'two' : 'all',
      count,
      ...[minimum, median, median / whole.median].map(digits),
    ])
  }
}
gpu.destroy()
