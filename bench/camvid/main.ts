// Fine-tunes the published MobileNetV2 network on CamVid's road scenes, scores it on the validation split, and prints a table beside
// published results: `npm run bench:camvid -- [--photos 10,50,100,all] [--scales] [--data DIR] [--model DIR] [--out DIR]`.
//
// --photos: the numbers of training photos, one run for each. --scales: also inference at six scales with mirrored photos, which takes
// 17 times as long. A run that was interrupted goes on from its last checkpoint. The folder --out has for each run the trained model, its
// curves and pictures of ten photos, and report.md has the table.

import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { UserError } from '../../src/errors.ts'
import { openDataset } from '../../src/node/datasets/open.ts'
import { DeepLab } from '../../src/node/deeplab.ts'
import { PLACES, requirePaths } from './data.ts'
import { PHOTOS, recipeOf } from './recipe.ts'
import { type Result, reportOf } from './report.ts'
import { drawPictures, scoresOf, type Way } from './scores.ts'
import { trainInto } from './train.ts'

const { values } = parseArgs({
  options: {
    photos: { type: 'string', default: 'all' },
    scales: { type: 'boolean', default: false },
    ...PLACES,
    out: { type: 'string', default: 'out/camvid' },
  },
})
const { data, model, out } = values
const SINGLE: Way[] = ['stride 16', 'stride 8']
const ways: Way[] = values.scales
  ? [...SINGLE, 'stride 16, scales and flip', 'stride 8, scales and flip']
  : SINGLE

async function result(photos: string): Promise<Result> {
  const run = join(out, `photos-${photos}`)
  const recipe = recipeOf(photos)
  await trainInto(run, { data, model, photos, recipe, validations: 5 })
  const dataset = await openDataset(`voc:${data}`, { split: 'val' })
  const trained = await DeepLab.load(run)
  try {
    const scores = await scoresOf(trained, dataset, { file: join(run, 'scores.json'), ways })
    const pictures = join(run, 'ten.png')
    if (!existsSync(pictures)) await drawPictures(trained, dataset, pictures)
    return { photos, steps: recipe.steps, scores }
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
