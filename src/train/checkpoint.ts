// What a checkpoint holds beside the model, so that training goes on from it as if it had never stopped. Crops, order and
// learning rate are functions of seed and step: there is no other state to save.

import { UserError } from '../errors.ts'
import type { DeepLabConfig } from '../model/config.ts'
import { matchParameters, readCheckpoint } from '../weights/checkpoint.ts'
import { writeSafetensors } from '../weights/safetensors.ts'
import type { ClassBalance } from './class_balance.ts'
import { learnedParameters } from './learned_parameters.ts'
import { type Recipe, recipeFor } from './recipe.ts'

export interface Progress {
  /** Steps done. */
  step: number
  recipe: Recipe
  /** What the recipe came to on the dataset: it stays, whatever becomes of the labels. */
  balance: ClassBalance
  /** In the dataset; another number of them would be drawn in another order. */
  images: number
  /** Of momentum, by the names of the parameters that learn. */
  velocities: ReadonlyMap<string, Float32Array>
}

/** The checkpoint's files beside those of the model. */
export const PROGRESS_FILES = { state: 'training.json', velocities: 'training.safetensors' } as const

/** Of training.json; a change that old code would misread takes the next number. */
const FORMAT = 2

/** The contents of PROGRESS_FILES. */
export function encodeProgress(config: DeepLabConfig, { velocities, ...state }: Progress) {
  const tensors = learnedParameters(config, state.recipe).map(
    ({ name, shape }) => [name, { dtype: 'f32' as const, shape, data: velocities.get(name)! }] as const,
  )
  return {
    state: `${JSON.stringify({ format: FORMAT, ...state }, null, 1)}\n`,
    velocities: writeSafetensors(new Map(tensors)),
  }
}

/** Reads them back. `folder` is for messages. Throws a UserError where a file is damaged or of another network. */
export function decodeProgress(
  config: DeepLabConfig,
  files: { state: string; velocities: Uint8Array },
  folder: string,
): Progress {
  const { recipe: made, ...state } = parseState(files.state, `${folder}/${PROGRESS_FILES.state}`)
  const source = `${folder}/${PROGRESS_FILES.velocities}`
  const recipe = recipeFor(config, made)
  const learned = learnedParameters(config, recipe)
  const tensors = matchParameters(readCheckpoint(files.velocities, source), learned, {
    source,
    model: 'the network beside it',
  })
  const velocities = [...tensors].map(([name, { data }]) => [name, data as Float32Array] as const)
  return { ...state, recipe, velocities: new Map(velocities) }
}

function parseState(text: string, file: string): Omit<Progress, 'velocities'> {
  let state: Partial<Omit<Progress, 'velocities'> & { format: number }>
  try {
    state = JSON.parse(text)
  } catch {
    throw new UserError(`${file}: not JSON, or cut short`)
  }
  const { format, step, recipe, images, balance } = state
  if (format !== FORMAT) throw new UserError(`${file}: expected format ${FORMAT}, got ${format}`)
  if (!Number.isInteger(step) || !recipe || !Number.isInteger(images) || !balance)
    throw new UserError(`${file}: expected step, recipe, images and balance`)
  return { step: step!, recipe, images: images!, balance }
}
