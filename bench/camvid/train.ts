// One training run of the CamVid benchmark, by the command that a user has.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Recipe } from '../../src/train/recipe_options.ts'
import { partOf } from './data.ts'
import { recipeWords } from './recipe.ts'

const ATROUS = fileURLToPath(new URL('../../bin/atrous.mjs', import.meta.url))

export interface Job {
  /** CamVid in PASCAL VOC's layout. */
  data: string
  /** The checkpoint to start from. */
  model: string
  /** The number of training photos, or `all`. */
  photos: string
  recipe: Partial<Recipe> & { steps: number }
  /** More words of the command line. `PART` in them stands for the folder of the part of the data. */
  words?: readonly string[]
  /** The number of validations in a run. */
  validations: number
}

/** Trains into a folder, or goes on from the folder's last checkpoint. Does nothing where the run has ended. */
export async function trainInto(run: string, job: Job): Promise<void> {
  if (existsSync(join(run, 'model.safetensors'))) return
  const { photos, recipe, words = [], validations } = job
  await mkdir(run, { recursive: true })
  const part = await partOf(job.data, photos === 'all' ? Infinity : Number(photos), `${run}.data`)
  const validateEvery = Math.ceil(recipe.steps / validations)
  const fresh = [
    ...['--dataset', `voc:${part}`, '--model', job.model, ...recipeWords(recipe)],
    ...['--save-every', '100', '--validate-every', String(validateEvery)],
    ...words.map(word => word.replace('PART', part)),
  ]
  const resumes = existsSync(join(run, 'checkpoints'))
  const child = spawn(
    process.execPath,
    [ATROUS, 'train', '--out', run, ...(resumes ? ['--resume'] : fresh)],
    {
      stdio: 'inherit',
    },
  )
  const code = await new Promise(resolve => child.on('close', resolve))
  if (code !== 0) process.exit(Number(code ?? 1))
}
