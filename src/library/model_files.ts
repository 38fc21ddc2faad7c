// A model and its files: its config, read from the checkpoint's folder or from the tensors' names, and the contents of the files
// that describe it.

import * as v from 'valibot'
import { vocClasses } from '../data/class_names.ts'
import { UserError } from '../errors.ts'
import { checkJson } from '../json.ts'
import type { JsonObject } from '../json_object.ts'
import { backboneOf, loadNetwork } from '../model/backbones/index.ts'
import { CLASS_NAMES } from '../model/class_names_schema.ts'
import { classifierParameters } from '../model/classifier.ts'
import { type DeepLabConfig, deepLabConfig, NETWORK } from '../model/config.ts'
import { initialWeights, networkParameters } from '../model/initial_weights.ts'
import { nameInCheckpoint, ourName, type Renaming } from '../model/layouts/renaming.ts'
import { checkChannels, PREPROCESSING, type Preprocessing, preprocessingFor } from '../model/preprocessing.ts'
import { networkIn } from '../weights/checkpoint_format.ts'
import { checkValues, matchParameters } from '../weights/match_parameters.ts'
import { oneRow, withTwoLogits } from '../weights/one_logit.ts'
import { writeSafetensors } from '../weights/safetensors.ts'
import type { StateDict } from '../weights/tensor.ts'
import type { FoundWeights } from './found_weights.ts'
import type { ConventionOptions } from './open_options.ts'

export interface Model {
  config: DeepLabConfig
  classNames: string[]
  preprocessing: Preprocessing
  /** By name, in the checkpoint's layout. */
  parameters: Map<string, Float32Array>
  /** Where the checkpoint's names are another library's: the table by which they are written again. */
  renaming?: Renaming
  /** Whether the checkpoint of this network of two classes has one logit. */
  oneLogit?: boolean
  /** @internal The checkpoint's tensors that segmentation does not use, by the checkpoint's names. They are written again. */
  unused?: StateDict
}

/** An untrained network; `DeepLab.create` documents the options. */
export function untrainedModel(
  config: DeepLabConfig,
  { seed = 0, size }: { seed?: number; size?: number } = {},
): Model {
  const { preprocessing } = backboneOf(config)
  return {
    config,
    classNames: defaultNames(config.classes),
    preprocessing: { ...preprocessingFor(config, preprocessing), size: size ?? preprocessing.size },
    parameters: initialWeights(config, seed),
  }
}

interface ReadOptions extends ConventionOptions {
  onWarning?: (message: string) => void
}

/**
 * The network and its weights. `alignCorners` replaces the checkpoint's convention. `onWarning` is told what had to be assumed; by default
 * the console shows it. Throws a UserError if the checkpoint is of an unknown network, does not fit its config, or holds numbers that make
 * every result invalid.
 */
export async function readModel(
  { stateDict: found, ...files }: FoundWeights,
  { alignCorners, onWarning = message => console.warn(`warning: ${message}`) }: ReadOptions = {},
): Promise<Model> {
  const { source } = files
  const stateDict = networkIn(found)
  const { renaming, assumed, ...described } = await describe(stateDict, files)
  if (assumed) onWarning(assumed)
  if (alignCorners !== undefined) described.config = { ...described.config, alignCorners }
  await loadNetwork(described.config)
  const expected = networkParameters(described.config)
  const theirs = expected.map(({ name, shape }) => ({ name: nameInCheckpoint(name, renaming), shape }))
  const extended =
    described.config.classes === 2
      ? withTwoLogits(stateDict, classifiersOf(described.config, renaming))
      : undefined
  const { isUnused } = backboneOf(described.config).checkpoint
  const ignore = (name: string) => isUnused(ourName(name, renaming))
  const model = nameOf(described.config)
  const matched = matchParameters(extended ?? stateDict, theirs, { source, model, ignore })
  checkValues(matched, source)
  const parameters = new Map(expected.map(({ name }, i) => [name, matched.get(theirs[i].name)!]))
  const unused = new Map([...stateDict].filter(([name]) => !matched.has(name) && ignore(name)))
  return {
    ...described,
    parameters,
    ...(renaming && { renaming }),
    ...(extended && { oneLogit: true }),
    ...(unused.size > 0 && { unused }),
  }
}

/** The classifiers' tensors by the checkpoint's names. */
const classifiersOf = (config: DeepLabConfig, renaming?: Renaming): string[] =>
  classifierParameters(config).map(({ name }) => nameInCheckpoint(name, renaming))

/** The names of a model's files. */
export const MODEL_FILES = { weights: 'model.safetensors', config: 'config.json' } as const

/** Their contents, by name. `resumable` files have all parameters as they are, also those that a checkpoint with one logit lacks. */
export function modelFiles(model: Model, { resumable = false } = {}): Map<string, string | Uint8Array> {
  const { config, parameters, renaming } = model
  const ofOneLogit = hasOneLogit(model) && !resumable ? classifiersOf(config, renaming) : []
  const tensors = networkParameters(config).map(({ name: ours, shape }) => {
    const [name, data] = [nameInCheckpoint(ours, renaming), parameters.get(ours)!]
    const tensor = ofOneLogit.includes(name)
      ? { shape: [1, ...shape.slice(1)], data: oneRow(data) }
      : { shape, data }
    return [name, { dtype: 'f32' as const, ...tensor }] as const
  })
  return new Map<string, string | Uint8Array>([
    [MODEL_FILES.weights, writeSafetensors(new Map([...(model.unused ?? []), ...tensors]))],
    [MODEL_FILES.config, jsonText(configJson(model))],
  ])
}

/** A network that was given other classes has a logit for each. */
const hasOneLogit = ({ oneLogit, config }: Description) => oneLogit === true && config.classes === 2

/** The content of config.json. */
export function configJson(model: Description): JsonObject {
  const { config, classNames, preprocessing } = model
  const { huggingFace } = backboneOf(config).checkpoint
  const oneLogit = hasOneLogit(model) && { oneLogit: true }
  return huggingFace?.describes(config) && !oneLogit
    ? { ...huggingFace.write(config, classNames), preprocessing }
    : { model_type: OUR_TYPE, network: config, classes: classNames, preprocessing, ...oneLogit }
}

export const jsonText = (json: JsonObject) => `${JSON.stringify(json, null, 1)}\n`

/** `model_type` in a config.json in this package's form. */
export const OUR_TYPE = 'atrous'

type Description = Omit<Model, 'parameters'> & { assumed?: string }
type DescribingFiles = Omit<FoundWeights, 'stateDict'>

/** Other forms of config.json than this package's, and other libraries' names, are read by code that only they load. */
async function describe(stateDict: StateDict, files: DescribingFiles): Promise<Description> {
  const { source, config: json } = files
  const file = besides(source, MODEL_FILES.config)
  const ours = json?.model_type === OUR_TYPE ? fromOurConfig(json, file) : undefined
  if (ours) await loadNetwork(ours.config)
  if (ours && hasOurNames(stateDict, ours.config)) return ours
  const { recogniseModel, renamingOf } = await import('../model/recognition/index.ts')
  if (ours) return { ...ours, renaming: renamingOf(stateDict) }
  // segmentation_models.pytorch's config.json tells only a part.
  if (json && !('encoder_name' in json)) return fromHuggingFace(json, files)
  const { config, ...recognised } = await recogniseModel(stateDict, {
    source,
    json,
    configFile: file,
  })
  return { config, classNames: defaultNames(config.classes), ...recognised }
}

const hasOurNames = (stateDict: StateDict, config: DeepLabConfig) =>
  networkParameters(config).every(({ name }) => stateDict.has(name))

async function fromHuggingFace(
  json: JsonObject,
  { preprocessor, source }: DescribingFiles,
): Promise<Description> {
  const { fromHuggingFaceConfig, fromHuggingFaceProcessor } = await import(
    '../model/recognition/hugging_face.ts'
  )
  const file = besides(source, MODEL_FILES.config)
  const { preprocessing: ours } = checkJson(OUR_ADDITION, json, file)
  const { options, classNames } = fromHuggingFaceConfig(json, file)
  const config = deepLabConfig(options, file)
  const usual = preprocessingFor(config, backboneOf(config).checkpoint.preprocessing)
  const of = (ours ?? usual).channels === 'samples' ? 'samples' : 'photos'
  const processorFile = besides(source, 'preprocessor_config.json')
  const statistics = preprocessor ? fromHuggingFaceProcessor(preprocessor, processorFile, of) : {}
  const preprocessing = ours ?? { ...usual, ...statistics }
  checkChannels(config, preprocessing, file)
  return { config, classNames, preprocessing }
}

/** The path or URL of the file `name` in the folder of `source`. */
const besides = (source: string, name: string) => source.replace(/[^/\\]*$/, name)

const OUR_CONFIG = v.object({
  network: NETWORK,
  classes: CLASS_NAMES,
  preprocessing: PREPROCESSING,
  oneLogit: v.optional(v.literal(true)),
})

/** This package's addition to Hugging Face's config.json. */
const OUR_ADDITION = v.object({ preprocessing: v.nullish(PREPROCESSING) })

function fromOurConfig(json: JsonObject, source: string): Description {
  const { network, classes: classNames, ...rest } = checkJson(OUR_CONFIG, json, source)
  const config = deepLabConfig(network, `${source}: network`)
  if (classNames.length !== config.classes)
    throw new UserError(`${source}: classes: expected ${config.classes} names; got ${classNames.length}`)
  checkChannels(config, rest.preprocessing, source)
  return { config, classNames, ...rest }
}

const nameOf = ({ backbone, classes }: DeepLabConfig) => `a network on ${backbone} with ${classes} classes`

/** PASCAL VOC's names for 21 classes, else numbers. */
export const defaultNames = (classes: number): string[] =>
  classes === vocClasses.length ? [...vocClasses] : Array.from({ length: classes }, (_, id) => `class ${id}`)
