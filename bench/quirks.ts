// The price of doing without each quirk of an adapter: `npm run bench:quirks -- [PRESET|FOLDER …] [--size N] [--runs N] [--only textures,lanes]`. One device
// has all quirks, another lacks one, and they run in turns. The time is processor time over all cores: on a CPU adapter that is the cost,
// however busy the machine is. What Dawn polls is of the process: compare a run with ATROUS_WITHOUT=polling.

import { parseArgs } from 'node:util'
import { noisePhoto } from '../src/bench/noise.ts'
import { summary } from '../src/bench/repeat.ts'
import { findBenchModel } from '../src/cli/bench/bench_model.ts'
import { digits, StreamedTable } from '../src/cli/format.ts'
import type { Gpu } from '../src/gpu/gpu.ts'
import type { Quirk } from '../src/gpu/quirks/quirks.ts'
import { Segmenter } from '../src/inference/segmenter.ts'
import { openGpu } from '../src/node/gpu/dawn.ts'
import { processorMilliseconds } from '../test/support/processor_time.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    size: { type: 'string', default: '257' },
    runs: { type: 'string', default: '7' },
    only: { type: 'string', default: 'cpu,textures,unroll,lanes' },
  },
})
const networks = positionals.length > 0 ? positionals : ['deeplabv3_mobilenet_v2', 'deeplabv3_resnet50']
const photo = noisePhoto(Number(values.size))

/** Milliseconds of processor time: of opening the device, of the first photo, which compiles, and of each later one. */
interface Costs {
  open: number
  first: number
  later: number[]
}

async function costs(
  model: Awaited<ReturnType<typeof findBenchModel>>,
  quirk: Quirk,
): Promise<{ without: Costs; all: Costs }> {
  const open = async (without: Quirk[]) => {
    let gpu!: Gpu
    const milliseconds = await processorMilliseconds(async () => {
      gpu = await openGpu({ device: { without } })
    })
    const segmenter = new Segmenter(gpu, model)
    const segment = () => processorMilliseconds(() => segmenter.segment([photo], { size: photo.width }))
    return {
      gpu,
      segmenter,
      segment,
      costs: { open: milliseconds, first: await segment(), later: [] as number[] },
    }
  }
  const both = [await open([quirk]), await open([])]
  for (let run = 0; run < Number(values.runs); run++)
    for (const { segment, costs } of both) costs.later.push(await segment())
  for (const { segmenter, gpu } of both) {
    await segmenter.dispose()
    gpu.destroy()
  }
  const [without, all] = both.map(({ costs }) => costs)
  return { without, all }
}

const gpu = await openGpu()
console.log(`${gpu.info.description || gpu.info.architecture}, ${photo.width}²\n`)
const quirks = [...gpu.quirks].filter(quirk => values.only.split(',').includes(quirk))
gpu.destroy()
const headings = ['network', 'quirk', 'open, ms', 'first, ms', 'least, ms', 'median, ms', 'saved']
const table = new StreamedTable(headings, 24)
for (const network of networks) {
  const model = await findBenchModel(network)
  for (const quirk of quirks) {
    const { without, all } = await costs(model, quirk)
    const [before, after] = [without, all].map(({ later }) => summary(later))
    const pairs = [
      [without.open, all.open],
      [without.first, all.first],
      [before.minimum, after.minimum],
      [before.median, after.median],
    ].map(pair => pair.map(digits).join(' → '))
    table.row([network, quirk, ...pairs, `${Math.round((1 - after.median / before.median) * 100)} %`])
  }
}
