// Trains the first steps of the CamVid benchmark's recipe twice, here and in PyTorch, from the same weights on the same crops, and prints
// the losses and the mean IoU of both side by side: `tsx bench/camvid/first_steps.ts -- [--steps 200] [--python /usr/bin/python3]`, with the
// options --data, --model and --out of main.ts. PyTorch scores its weights itself.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { openDataset } from '../../src/node/datasets/open.ts'
import { DeepLab } from '../../src/node/deeplab.ts'
import { loadBatches } from '../../src/node/training/loader.ts'
import { evaluate } from '../../src/train/evaluate.ts'
import { recipeFor } from '../../src/train/recipe.ts'
import { Sampler } from '../../src/train/sampler.ts'
import { learningRateOf } from '../../src/train/schedule.ts'
import { TrainingRun } from '../../src/train/training_run.ts'
import { PLACES, requirePaths } from './data.ts'
import { recipeOf } from './recipe.ts'

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '200' },
    python: { type: 'string', default: '/usr/bin/python3' },
    ...PLACES,
    out: { type: 'string', default: 'out/camvid/first-steps' },
  },
})
const { data, out, python } = values
const steps = Number(values.steps)
requirePaths({ data, model: values.model, python })

/** PyTorch's side, by pipes: it reads the rate and the batch of each step, and prints a line for each loss, and one for the score. */
function startPyTorch(start: string, job: object): ChildProcess {
  const script = fileURLToPath(new URL('./first_steps.py', import.meta.url))
  return spawn(python, [script, start, data, JSON.stringify(job)], { stdio: ['pipe', 'pipe', 'inherit'] })
}

const [train, val] = await Promise.all(['train', 'val'].map(split => openDataset(`voc:${data}`, { split })))
const model = await DeepLab.load(values.model)
const recipe = recipeFor(model.config, recipeOf('all'))
await model.setSize(recipe.size!)
await model.setClasses(train.classNames, { seed: recipe.seed })
await mkdir(out, { recursive: true })
const start = join(out, 'start')
await model.save(start)

const { batchSize, cropSize, scales, flip, seed, outputStride } = recipe
const run = await TrainingRun.create(model.gpu, model.state, { ...recipe, classWeights: null })
const { config, preprocessing } = model.state
const job = { ...recipe, steps, config }
const child = startPyTorch(start, job)
const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
const nextNumber = async () => Number((await lines.next()).value)

const losses: [here: number, pyTorch: number][] = []
const sampler = new Sampler([...train.ids.keys()], seed)
const augmentation = { cropSize, scales, flip }
for await (const batch of loadBatches(train, sampler, { batchSize, seed, preprocessing, augmentation })) {
  const rate = learningRateOf(losses.length, recipe)
  for (const bytes of [new Uint8Array(Float64Array.of(rate).buffer), batch.images, batch.labels])
    if (!child.stdin!.write(bytes)) await once(child.stdin!, 'drain')
  const here = await run.step(batch, rate)
  losses.push([here, await nextNumber()])
  console.log(
    `${losses.length}  ${losses
      .at(-1)!
      .map(loss => loss.toFixed(5))
      .join('  ')}`,
  )
  if (losses.length === steps) break
}
child.stdin!.end()
const { parameters, averages = parameters } = await run.state()
await run.destroy()
await model.setParameters(averages)
const { mIoU } = await evaluate(model, val, { outputStride })
await model.dispose()
const pyTorch = await nextNumber()
const text = JSON.stringify({ mIoU: { here: mIoU, pyTorch }, losses })
await writeFile(join(out, 'first_steps.json'), `${text}\n`)
console.log(`mean IoU on the validation split: here ${mIoU}, PyTorch ${pyTorch}`)
