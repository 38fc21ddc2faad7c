// What each quirk of an adapter buys: `npm run bench:quirks -- [PRESET|FOLDER …] [--size N] [--runs N] [--rounds N] [--only textures,polling]`. A
// process that has all quirks and one without the quirk run in turns. The time is processor time over all cores: on a CPU adapter that is the
// cost, however busy the machine is.

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { noisePhoto } from '../src/bench/noise.ts'
import { summary } from '../src/bench/repeat.ts'
import { findBenchModel } from '../src/cli/bench/bench_model.ts'
import { digits } from '../src/cli/format.ts'
import { StreamedTable } from '../src/cli/streamed_table.ts'
import { Segmenter } from '../src/inference/segmenter.ts'
import { openGpu } from '../src/node/gpu/dawn.ts'
import { processorMilliseconds } from '../test/support/processor_time.ts'

/** Processor time of a process, in milliseconds. */
interface Cost {
  /** Of opening the GPU. */
  open: number
  /** Of the first photo, with compiling. */
  first: number
  /** Of the fastest later one. */
  run: number
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', default: '257' },
    runs: { type: 'string', default: '3' },
    rounds: { type: 'string', default: '3' },
    only: { type: 'string', default: 'cpu,textures,unroll,lanes,polling' },
    child: { type: 'boolean', default: false },
  },
})
const networks = positionals.length > 0 ? positionals : ['deeplabv3_mobilenet_v2', 'deeplabv3_resnet50']

async function cost(network: string): Promise<Cost> {
  const model = await findBenchModel(network)
  let gpu!: Awaited<ReturnType<typeof openGpu>>
  const open = await processorMilliseconds(async () => {
    gpu = await openGpu()
  })
  const segmenter = new Segmenter(gpu, model)
  const photo = noisePhoto(Number(values.size))
  const segment = () => processorMilliseconds(() => segmenter.segment([photo], { size: photo.width }))
  const first = await segment()
  const later: number[] = []
  for (let i = 0; i < Number(values.runs); i++) later.push(await segment())
  await segmenter.dispose()
  gpu.destroy()
  return { open, first, run: Math.min(...later) }
}

/** The cost in a process of its own, without one quirk or with all. */
async function costWithout(quirk: string, network: string): Promise<Cost> {
  const args = ['--child', '--size', values.size, '--runs', values.runs, network]
  const env = { ...process.env, ATROUS_WITHOUT: quirk, MESA_SHADER_CACHE_DISABLE: 'true' }
  const child = fork(fileURLToPath(import.meta.url), args, { env, execArgv: ['--import', 'tsx'] })
  const [message] = await once(child, 'message')
  return message as Cost
}

async function compare(): Promise<void> {
  const gpu = await openGpu()
  console.log(`${gpu.info.description || gpu.info.architecture}\n`)
  const quirks = values.only.split(',').filter(name => name === 'polling' || gpu.quirks.has(name as never))
  gpu.destroy()
  const parts = ['open', 'first', 'run'] as const
  const table = new StreamedTable(
    ['network', 'without', ...parts.flatMap(part => [part, 'with', 'saves'])],
    24,
  )
  for (const network of networks)
    for (const quirk of quirks) {
      const [without, all]: Cost[][] = [[], []]
      for (let i = 0; i < Number(values.rounds); i++) {
        without.push(await costWithout(quirk, network))
        all.push(await costWithout('', network))
      }
      const cells = parts.flatMap(part => {
        const [a, b] = [without, all].map(costs => summary(costs.map(cost => cost[part])).median)
        return [digits(a), digits(b), `${Math.round((1 - b / a) * 100)} %`]
      })
      table.row([network, quirk, ...cells])
    }
}

if (values.child) process.send!(await cost(networks[0]), () => process.exit())
else await compare()
