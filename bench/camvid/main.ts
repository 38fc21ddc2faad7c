// Fine-tunes the published MobileNetV2 network on CamVid's road scenes, scores it on the validation split, and prints a table beside
// published results: `npm run bench:camvid -- [--photos 10,50,100,all] [--scales] [--data DIR] [--model DIR] [--out DIR]`.
//
// --photos: the numbers of training photos, one run for each. --scales: also inference at six scales with mirrored photos, which takes
// 17 times as long. A run that was interrupted goes on from its last checkpoint. The folder --out has for each run the trained model, its
// curves and pictures of ten photos, and report.md has the table.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { UserError } from '../../src/errors.ts'
import { openDataset } from '../../src/node/datasets/open.ts'
import { DeepLab } from '../../src/node/deeplab.ts'
import { partOf, requirePaths } from './data.ts'
import { PHOTOS, recipeOf, recipeWords } from './recipe.ts'
import { type Result, reportOf } from './report.ts'
import { drawPictures, scoresOf, type Way } from './scores.ts'

const { values } = parseArgs({
  options: {
    photos: { type: 'string', default: 'all' },
    scales: { type: 'boolean', default: false },
    data: { type: 'string', default: '../shared/data/camvid' },
    model: { type: 'string', default: '../shared/data/checkpoints/deeplabv3_mobilenet_v2_float_513' },
    out: { type: 'string', default: 'out/camvid' },
  },
})
const { data, model, out } = values
const ATROUS = fileURLToPath(new URL('../../bin/atrous.mjs', import.meta.url))
const SINGLE: Way[] = ['stride 16', 'stride 8']
const ways: Way[] = values.scales
  ? [...SINGLE, 'stride 16, scales and flip', 'stride 8, scales and flip']
  : SINGLE

/** Trains in a process of its own, by the command that a user has. Goes on from the folder's last checkpoint. */
async function train(photos: string, run: string): Promise<void> {
  if (existsSync(join(run, 'model.safetensors'))) return
  const count = photos === 'all' ? Infinity : Number(photos)
  const part = await partOf(data, count, join(out, `data-${photos}`))
  const words = existsSync(join(run, 'run.json'))
    ? ['--resume']
    : ['--dataset', `voc:${part}`, '--model', model, ...recipeWords(photos)]
  const child = spawn(process.execPath, [ATROUS, 'train', '--out', run, ...words], { stdio: 'inherit' })
  const code = await new Promise(resolve => child.on('close', resolve))
  if (code !== 0) process.exit(Number(code ?? 1))
}

async function result(photos: string): Promise<Result> {
  const run = join(out, `photos-${photos}`)
  await mkdir(run, { recursive: true })
  await train(photos, run)
  const dataset = await openDataset(`voc:${data}`, { split: 'val' })
  const trained = await DeepLab.load(run)
  try {
    const scores = await scoresOf(trained, dataset, { file: join(run, 'scores.json'), ways })
    const pictures = join(run, 'ten.png')
    if (!existsSync(pictures)) await drawPictures(trained, dataset, pictures)
    return { photos, steps: recipeOf(photos).steps, scores }
  } finally {
    await trained.dispose()
  }
}

requirePaths({ data, model })
const asked = values.photos.split(',')
for (const photos of asked)
  if (!PHOTOS.includes(photos)) throw new UserError(`--photos: expected ${PHOTOS.join(', ')}, got ${photos}`)
const results: Result[] = []
for (const photos of asked) results.push(await result(photos))
const report = reportOf(results)
await writeFile(join(out, 'report.md'), report)
console.log(report)
