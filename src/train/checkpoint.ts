// The training state in a checkpoint, beside the model: training continues from it as if it had never stopped. Crops, order and
// learning rate are functions of seed and step, so there is no other state to save.

import * as v from 'valibot'
import { UserError } from '../errors.ts'
import type { Tuned } from '../graph/convolution/policy.ts'
import type { Parameter } from '../graph/ir/tensor.ts'
import { checkJson, expecting, parseJson } from '../json.ts'
import type { DeepLabConfig } from '../model/config.ts'
import { checkpointFormat, inFile } from '../weights/checkpoint_format.ts'
import { checkValues, matchParameters } from '../weights/match_parameters.ts'
import { readSafetensors, writeSafetensors } from '../weights/safetensors.ts'
import type { StateDict } from '../weights/tensor.ts'
import type { ClassBalance } from './class_balance.ts'
import { learnedParameters, trainedParameters } from './learned_parameters.ts'
import { CLASS_WEIGHTS, recipeFor } from './recipe.ts'
import { RECIPE_TYPES, RECIPES, type Recipe } from './recipe_options.ts'

export interface Progress {
  /** Steps done. */
  step: number
  recipe: Recipe
  /** The class balance as computed at the start of the run. It stays the same even if the labels change. */
  balance: ClassBalance
  /** The number of images in the dataset. With another number, the order of the images would be another. */
  images: number
  /** The number of unlabelled photos, if there are such. */
  unlabelled?: number
  /** The momentum's velocities, by parameter name. */
  velocities: Map<string, Float32Array>
  /** With AdamW, the mean squares of the gradients, likewise. */
  squares?: Map<string, Float32Array>
  /** Where the model has the averages of the weights: the weights themselves, of the network in training. */
  newest?: Map<string, Float32Array>
  /** The kernels that were tuned when the run started. It keeps them, even if tuning finds others later. */
  tuned: Tuned
}

/** The checkpoint's files besides the model's. */
export const PROGRESS_FILES = { state: 'training.json', tensors: 'training.safetensors' } as const

/** In front of a parameter's name in training.safetensors. Velocities, which are older than the others, have the name alone. */
const PREFIXES = { velocities: '', squares: 'square of ', newest: 'newest ' } as const

type Kind = keyof typeof PREFIXES

interface StateTensor {
  kind: Kind
  /** In the file. */
  name: string
  parameter: Parameter
}

/** The tensors of a run with this recipe, in the file's order. */
function stateTensors(config: DeepLabConfig, recipe: Recipe): StateTensor[] {
  const learned = learnedParameters(config, recipe)
  const kinds: Record<Kind, Parameter[]> = {
    velocities: learned,
    squares: recipe.optimizer === 'adamw' ? learned : [],
    newest: recipe.averageDecay > 0 ? trainedParameters(config, recipe) : [],
  }
  return (Object.keys(kinds) as Kind[]).flatMap(kind =>
    kinds[kind].map(parameter => ({ kind, name: PREFIXES[kind] + parameter.name, parameter })),
  )
}

/** The format of training.json. A change that old code would misread takes the next number. Format 2 had no tuned kernels. */
const FORMAT = 3
const FORMATS = [2, FORMAT]

/** The contents of PROGRESS_FILES. */
export function encodeProgress(config: DeepLabConfig, progress: Progress) {
  const { velocities, squares, newest, tuned, ...state } = progress
  const kinds = { velocities, squares, newest }
  const tensors = stateTensors(config, state.recipe).map(({ kind, name, parameter }) => {
    const { name: ours, shape } = parameter
    return [name, { dtype: 'f32' as const, shape, data: kinds[kind]!.get(ours)! }] as const
  })
  return {
    state: `${JSON.stringify({ format: FORMAT, ...state, tuned: Object.fromEntries(tuned) }, null, 1)}\n`,
    tensors: writeSafetensors(new Map(tensors)),
  }
}

/** Reads PROGRESS_FILES back. `folder` is for messages. Throws a UserError if a file is damaged or belongs to another network. */
export function decodeProgress(
  config: DeepLabConfig,
  files: { state: string; tensors: Uint8Array },
  folder: string,
): Progress {
  const state = parseState(config, files.state, `${folder}/${PROGRESS_FILES.state}`)
  const source = `${folder}/${PROGRESS_FILES.tensors}`
  const expected = stateTensors(config, state.recipe)
  const named = expected.map(({ name, parameter: { shape } }) => ({ name, shape }))
  const found = matchParameters(tensorsIn(files.tensors, source), named, {
    source,
    model: 'the network beside it',
  })
  checkValues(found, source)
  const kinds: Partial<Record<Kind, Map<string, Float32Array>>> = {}
  for (const { kind, name, parameter } of expected) {
    kinds[kind] ??= new Map()
    kinds[kind].set(parameter.name, found.get(name)!)
  }
  return { ...state, velocities: new Map(), ...kinds }
}

/** `encodeProgress` writes no other format, and pages need not load the reader of PyTorch's. */
function tensorsIn(bytes: Uint8Array, source: string): StateDict {
  try {
    if (checkpointFormat(bytes) === 'safetensors') return readSafetensors(bytes)
    throw new UserError('expected a safetensors file')
  } catch (error) {
    throw inFile(source, error)
  }
}

const STATE = v.object({
  step: expecting('a whole number from 0 up', v.pipe(v.number(), v.safeInteger(), v.minValue(0))),
  images: expecting('a whole number above 0', v.pipe(v.number(), v.safeInteger(), v.minValue(1))),
  unlabelled: v.optional(
    expecting('a whole number above 0', v.pipe(v.number(), v.safeInteger(), v.minValue(1))),
  ),
  recipe: RECIPE_TYPES,
  balance: v.object({
    classWeights: v.nullable(CLASS_WEIGHTS),
    indices: expecting(
      'null, or numbers of images',
      v.nullable(v.pipe(v.array(v.pipe(v.number(), v.safeInteger(), v.minValue(0))), v.minLength(1))),
    ),
  }),
  tuned: expecting('the kernel of each convolution', v.optional(v.record(v.string(), v.string()), {})),
})

function parseState(config: DeepLabConfig, text: string, file: string): Omit<Progress, Kind> {
  const fail = (what: string) => new UserError(`${file}: ${what}`)
  const json: unknown = parseJson(v.unknown(), text, file)
  const { format } = checkJson(v.object({ format: v.number() }), json, file)
  if (!FORMATS.includes(format)) throw fail(`expected format ${FORMATS.join(' or ')}, got ${format}`)
  const { recipe: made, tuned, ...state } = checkJson(STATE, json, file)
  const recipe = recipeIn(config, made, file)
  const { step, images, balance } = state
  if (step > recipe.steps) throw fail(`step: expected at most the recipe's ${recipe.steps}, got ${step}`)
  const { classWeights, indices } = balance
  if (classWeights !== null && classWeights.length !== config.classes)
    throw fail(`balance.classWeights: expected ${config.classes} weights, got ${classWeights.length}`)
  const beyond = indices?.find(index => index >= images)
  if (beyond !== undefined) throw fail(`balance.indices: there is no image ${beyond} of ${images}`)
  return { ...state, recipe, tuned: new Map(Object.entries(tuned)) }
}

function recipeIn(config: DeepLabConfig, made: Partial<Recipe>, file: string): Recipe {
  try {
    // A checkpoint from before an option has the paper's value, whatever its recipe.
    return recipeFor(config, { ...RECIPES.paper, ...made })
  } catch (error) {
    if (!(error instanceof UserError)) throw error
    throw new UserError(`${file}: recipe: ${error.message}`, { cause: error })
  }
}
