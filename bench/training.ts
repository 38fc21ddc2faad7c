// Times training steps with ever less memory for activations: `npm run bench:training -- [PRESET] [--output-stride N]
// [--size N] [--batch-size N] [--budgets 1,0.5] [--runs N]`. Budgets are shares of what all activations take; of each, a step in turn.

import { parseArgs } from 'node:util'
import { initialWeights } from '../src/model/initial_weights.ts'
import { IMAGENET } from '../src/model/preprocessing.ts'
import { preset } from '../src/model/presets.ts'
import { openGpu } from '../src/node/dawn.ts'
import { recipeFor } from '../src/train/recipe.ts'
import { TrainingRun } from '../src/train/training_run.ts'
import { randomSource } from '../test/reference/random.ts'
import { digits, Table } from './table.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'output-stride': { type: 'string', default: '16' },
    size: { type: 'string', default: '129' },
    'batch-size': { type: 'string', default: '2' },
    budgets: { type: 'string', default: '1,0.75,0.5' },
    runs: { type: 'string', default: '3' },
  },
})
const { config } = preset(positionals[0] ?? 'deeplabv3_resnet50')
const outputStride = Number(values['output-stride'])
const [cropSize, batchSize] = [Number(values.size), Number(values['batch-size'])]
const options = { ...recipeFor(config, { batchSize, cropSize, outputStride }), classWeights: null }
const network = { config, preprocessing: IMAGENET, parameters: initialWeights(config, 0) }

const random = randomSource(1)
const pixels = batchSize * cropSize ** 2
const batch = {
  images: Uint8Array.from({ length: pixels * 4 }, () => random() * 256),
  labels: Uint8Array.from({ length: pixels }, () => random() * config.classes),
}

const gpu = await openGpu()
try {
  console.log(`${gpu.info.description}\n`)
  const all = await TrainingRun.create(gpu, network, options)
  const { activationBytes } = all
  await all.destroy()
  const timed = []
  for (const share of values.budgets.split(',').map(Number)) {
    const activationBudget = (share * activationBytes) / 2 ** 20
    const run = await TrainingRun.create(gpu, network, { ...options, activationBudget })
    await run.step(batch, 0) // the first step compiles
    timed.push({ share, run, times: [] as number[] })
  }
  for (let i = 0; i < Number(values.runs); i++)
    for (const { run, times } of timed) {
      const start = performance.now()
      await run.step(batch, 0)
      times.push(performance.now() - start)
    }
  const size = `${positionals[0] ?? 'deeplabv3_resnet50'}, ${batchSize} × ${cropSize}×${cropSize}, output stride ${outputStride}`
  const table = new Table([size, 'arena MiB', 'min ms', 'median ms'], size.length)
  for (const { share, run, times } of timed) {
    times.sort((a, b) => a - b)
    const cells = [run.activationBytes / 2 ** 20, times[0], times[Math.floor(times.length / 2)]]
    table.row([`budget ${share}`, ...cells.map(digits)])
    await run.destroy()
  }
} finally {
  gpu.destroy()
}
