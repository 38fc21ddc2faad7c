// Times whole training steps (forward, loss, backward and update in one run) against forward passes of the same photos,
// alternately: `npm run bench:training -- [PRESET|FOLDER …] [--crop-size N] [--batch-size N] [--output-stride N]
// [--freeze-batch-norm] [--activation-budget MIB] [--runs N] [--profile] [--json]`. FOLDER is a folder that DeepLab.save wrote.
// The forward pass is that of `segment`, photos to masks, at the crop's size. The goal: a step takes at most 3.5 times as long.

import { parseArgs } from 'node:util'
import { measureCeilings } from '../src/bench/ceilings.ts'
import { noisePhoto } from '../src/bench/noise.ts'
import { profileOf } from '../src/bench/profile.ts'
import { summary, timed } from '../src/bench/repeat.ts'
import { findBenchModel } from '../src/cli/bench/bench_model.ts'
import { profileText } from '../src/cli/bench/bench_text.ts'
import { digits, StreamedTable } from '../src/cli/format.ts'
import { UserError } from '../src/errors.ts'
import type { Gpu } from '../src/gpu/gpu.ts'
import type { KernelTime } from '../src/gpu/program.ts'
import { Segmenter } from '../src/inference/segmenter.ts'
import { EXACT_TIMESTAMPS, openGpu } from '../src/node/gpu/dawn.ts'
import { recipeFor } from '../src/train/recipe.ts'
import type { Recipe } from '../src/train/recipe_options.ts'
import { TrainingRun } from '../src/train/training_run.ts'
import { randomSource } from '../test/reference/random.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    'crop-size': { type: 'string', default: '257' },
    'batch-size': { type: 'string', default: '8' }, // the smallest batch on which batch norm trains without a warning
    'output-stride': { type: 'string', default: '16' },
    'freeze-batch-norm': { type: 'boolean', default: false },
    'activation-budget': { type: 'string' },
    runs: { type: 'string', default: '5' },
    profile: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const runs = Number(values.runs)
/** So small that random weights stay about the same. */
const LEARNING_RATE = 1e-6

interface Row {
  network: string
  options: Partial<Recipe> & Pick<Recipe, 'cropSize' | 'batchSize' | 'outputStride' | 'freezeBatchNorm'>
}

const asked = {
  cropSize: Number(values['crop-size']),
  batchSize: Number(values['batch-size']),
  outputStride: Number(values['output-stride']),
  freezeBatchNorm: values['freeze-batch-norm'],
  activationBudget: values['activation-budget'] ? Number(values['activation-budget']) : undefined,
}
const DEFAULT_ROWS: Row[] = [
  { network: 'deeplabv3_mobilenet_v2', options: { ...asked, freezeBatchNorm: true } },
  { network: 'deeplabv3_mobilenet_v2', options: asked },
  { network: 'deeplabv3_resnet50', options: { ...asked, cropSize: 129 } },
]
const rows = positionals.length > 0 ? positionals.map(network => ({ network, options: asked })) : DEFAULT_ROWS

async function bench(gpu: Gpu, { network: name, options }: Row) {
  const network = await findBenchModel(name)
  const recipe = { ...recipeFor(network.config, options), classWeights: null }
  const { batchSize, cropSize, outputStride } = recipe
  const training = await TrainingRun.create(gpu, network, recipe)
  const segmenter = new Segmenter(gpu, network)
  const photo = noisePhoto(cropSize)
  const photos = Array.from({ length: batchSize }, () => photo)
  const batch = {
    images: Uint8Array.from(photos.flatMap(({ data }) => [...data])),
    labels: patches(recipe, network.config.classes),
  }
  const step = () => training.step(batch, LEARNING_RATE)
  const forward = () => segmenter.segment(photos, { outputStride, size: cropSize })
  const first = { step: await timed(step), forward: await timed(forward) }
  const times = { step: [] as number[], forward: [] as number[] }
  for (let run = 0; run < runs; run++) {
    times.step.push(await timed(step))
    times.forward.push(await timed(forward))
  }
  const profiles: KernelTime[][] = []
  if (ceilings) for (let run = 0; run < runs; run++) profiles.push(await training.profile(batch))
  const result = {
    network: name,
    ...options,
    gpuBytes: gpu.memory.liveBytes,
    firstStepMilliseconds: first.step,
    step: summary(times.step),
    forward: summary(times.forward),
    imagesPerSecond: (1000 * batchSize) / summary(times.step).median,
    ratio: summary(times.step).minimum / summary(times.forward).minimum,
    profile: ceilings && profileOf(profiles, ceilings),
  }
  await training.destroy()
  await segmenter.dispose()
  return result
}

/** Labels in squares of 32 pixels, of random classes: as in photos, most neighbours have the same class. */
function patches({ batchSize, cropSize }: Recipe, classes: number): Uint8Array {
  const random = randomSource(2)
  const perEdge = Math.ceil(cropSize / 32)
  const ids = Uint8Array.from({ length: batchSize * perEdge * perEdge }, () => random() * classes)
  return Uint8Array.from({ length: batchSize * cropSize * cropSize }, (_, at) => {
    const row = Math.floor(at / cropSize)
    const [image, y] = [Math.floor(row / cropSize), Math.floor((row % cropSize) / 32)]
    return ids[(image * perEdge + y) * perEdge + Math.floor((at % cropSize) / 32)]
  })
}

const gpu = await openGpu({ features: [EXACT_TIMESTAMPS] })
const ceilings = values.profile ? await measureCeilings(gpu) : undefined
try {
  if (values.json) {
    const results = []
    for (const row of rows) {
      const { profile, ...result } = await bench(gpu, row)
      results.push({ ...result, ...(profile && { shaders: profile.shaders }) })
    }
    console.log(JSON.stringify({ adapter: gpu.info.description, ceilings, results }, undefined, 1))
  } else {
    console.log(`${gpu.info.description}\n`)
    const headings = [
      'network',
      'GPU MB',
      'first ms',
      'step min',
      'median',
      'forward min',
      'median',
      'ratio',
      'images/s',
    ]
    const table = new StreamedTable(headings, 64)
    for (const row of rows) {
      const { batchSize, cropSize, outputStride, freezeBatchNorm } = row.options
      const batchNorm = freezeBatchNorm ? ', frozen' : ''
      const found = await bench(gpu, row)
      const { step, forward, profile } = found
      const milliseconds = [
        found.firstStepMilliseconds,
        step.minimum,
        step.median,
        forward.minimum,
        forward.median,
      ]
      table.row([
        `${row.network}, ${batchSize}×${cropSize}², output stride ${outputStride}${batchNorm}`,
        ...[found.gpuBytes / 1e6, ...milliseconds, found.ratio, found.imagesPerSecond].map(digits),
      ])
      if (profile) console.log(`\n${profileText(profile)}\n`)
    }
  }
} catch (error) {
  if (!(error instanceof UserError)) throw error
  console.error(error.message)
  process.exitCode = 1
} finally {
  gpu.destroy()
}
