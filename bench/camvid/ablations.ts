// What each part of a recipe is worth on CamVid: short runs that each differ from one base in what their name says, with 50 training photos and with
// all: `tsx bench/camvid/ablations.ts -- [--photos 50,all] [--only NAME,…] [--seeds 1]`, with the options --data, --model and --out of
// main.ts. Results are kept: a second call trains only what is missing, and prints the whole table. What the photos without labels are
// worth, those that are not among the labelled ones: `--photos 30 --only base,unlabelled`.

import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { UserError } from '../../src/errors.ts'
import type { Recipe } from '../../src/train/recipe_options.ts'
import { PLACES, requirePaths } from './data.ts'
import { markdown, percent } from './report.ts'
import { trainInto } from './train.ts'

/** Short and small, so that many runs are possible: what wins here is then tried at the length and the size of recipe.ts. */
const BASE = {
  steps: 250,
  size: 481,
  cropSize: 241,
  scales: [0.5, 1.5],
  batchSize: 8,
  outputStride: 16,
  freezeBatchNorm: true,
  optimizer: 'adamw',
  schedule: 'cosine',
  warmUpSteps: 25,
  learningRate: 0.0005,
  headLearningRate: 5,
  weightDecay: 0.01,
  lovaszLoss: 0.5,
} satisfies Partial<Recipe>

/** The paper's optimiser, at a rate for 8 crops. */
const SGD: Partial<Recipe> = {
  optimizer: 'sgd',
  schedule: 'poly',
  warmUpSteps: 0,
  learningRate: 0.005,
  weightDecay: undefined,
}

/** By name, the options in which a run differs from the base. */
const VARIANTS: Record<string, Partial<Recipe>> = {
  base: {},
  'cross entropy alone': { lovaszLoss: 0 },
  SGD,
  'SGD and cross entropy alone': { ...SGD, lovaszLoss: 0 },
  'moving average': { averageDecay: 0.99 },
  'colour jitter': { colourJitter: 0.5 },
  'label smoothing 0.1': { labelSmoothing: 0.1 },
  'backbone ÷ 10': { backboneLearningRate: 0.1 },
  'head × 10': { headLearningRate: 10 },
  'batches of 4': { batchSize: 4, steps: 2 * BASE.steps },
  'Dice for Lovász': { lovaszLoss: 0, diceLoss: 0.5 },
  'rotation 10°': { rotation: 10 },
  'hardest quarter': { hardPixels: 0.25 },
  'balanced classes': { classWeights: 'balanced' },
  'blur 0.5': { blur: 0.5 },
}

/** More words of the command line, for a variant that is no part of a recipe. */
const WORDS: Record<string, string[]> = {
  unlabelled: ['--unlabelled', 'voc:PART', '--unlabelled-split', 'unlabelled'],
}

const { values } = parseArgs({
  options: {
    photos: { type: 'string', default: '50,all' },
    only: { type: 'string' },
    seeds: { type: 'string', default: '1' },
    ...PLACES,
    out: { type: 'string', default: 'out/camvid/ablations' },
  },
})
const { data, model, out } = values

/** Of the trained network on the validation split, at the stride of training. */
async function meanIoU(name: string, photos: string, seed: number): Promise<number> {
  const run = join(out, `${name.replaceAll(/[^a-z0-9]+/gi, '-')}_${photos}_${seed}`)
  const recipe = { ...BASE, ...VARIANTS[name], seed }
  await trainInto(run, { data, model, photos, recipe, words: WORDS[name], validations: 1 })
  const metrics = await readFile(join(run, 'metrics.jsonl'), 'utf8')
  const validation = JSON.parse(metrics.trimEnd().split('\n').at(-1)!)
  return validation.mIoU
}

requirePaths({ data, model })
await mkdir(out, { recursive: true })
const parts = values.photos.split(',')
const names = values.only?.split(',') ?? Object.keys(VARIANTS)
const known = [...Object.keys(VARIANTS), ...Object.keys(WORDS)]
for (const name of names)
  if (!known.includes(name)) throw new UserError(`--only: expected ${known.join(', ')}, got ${name}`)
const seeds = Array.from({ length: Number(values.seeds) }, (_, i) => i + 1)
const rows: string[][] = []
for (const name of names) {
  const cells = []
  for (const photos of parts) {
    const found = []
    for (const seed of seeds) found.push(await meanIoU(name, photos, seed))
    cells.push(found.map(percent).join(', '))
  }
  rows.push([name, ...cells])
  const table = markdown(['recipe', ...parts.map(photos => `${photos} photos`)], rows).join('\n')
  await writeFile(join(out, 'ablations.md'), `${table}\n`)
  console.log(table)
}
