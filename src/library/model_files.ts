// A model and its files: its config, read from the checkpoint's folder or from the tensors' names, and the contents of the files
// that describe it.

import * as v from 'valibot'
import { vocClasses } from '../data/voc.ts'
import { UserError } from '../errors.ts'
import { checkJson } from '../json.ts'
import type { JsonObject } from '../json_object.ts'
import {
  backboneOf,
  checkpointLayouts,
  huggingFaceLayout,
  recogniseNetwork,
} from '../model/backbones/index.ts'
import { CLASS_NAMES } from '../model/class_names_schema.ts'
import { type DeepLabConfig, deepLabConfig, NETWORK } from '../model/config.ts'
import { fromHuggingFaceProcessor } from '../model/hugging_face.ts'
import { initialWeights, networkParameters } from '../model/initial_weights.ts'
import { PREPROCESSING, type Preprocessing } from '../model/preprocessing.ts'
import { checkValues, matchParameters } from '../weights/match_parameters.ts'
import { writeSafetensors } from '../weights/safetensors.ts'
import type { FoundWeights } from './found_weights.ts'

export interface Model {
  config: DeepLabConfig
  classNames: string[]
  preprocessing: Preprocessing
  /** By name, in the checkpoint's layout. */
  parameters: Map<string, Float32Array>
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
    preprocessing: { ...preprocessing, size: size ?? preprocessing.size },
    parameters: initialWeights(config, seed),
  }
}

/**
 * The network and its weights. Throws a UserError if the checkpoint is of an unknown network, does not fit its config, or holds
 * numbers that make every result invalid.
 */
export function readModel({ stateDict, config: json, preprocessor, source }: FoundWeights): Model {
  const described = describe({ stateDict, config: json, preprocessor, source })
  const expected = networkParameters(described.config)
  const parameters = matchParameters(stateDict, expected, {
    source,
    model: nameOf(described.config),
    ignore: name => backboneOf(described.config).checkpoint.isUnused(name),
  })
  checkValues(parameters, source)
  return { ...described, parameters }
}

/** The names of a model's files. */
export const MODEL_FILES = { weights: 'model.safetensors', config: 'config.json' } as const

/** Their contents, by name. */
export function modelFiles(model: Model): Map<string, string | Uint8Array> {
  const { config, parameters } = model
  const shapes = networkParameters(config)
  const tensors = shapes.map(
    ({ name, shape }) => [name, { dtype: 'f32' as const, shape, data: parameters.get(name)! }] as const,
  )
  return new Map<string, string | Uint8Array>([
    [MODEL_FILES.weights, writeSafetensors(new Map(tensors))],
    [MODEL_FILES.config, jsonText(configJson(model))],
  ])
}

/** The content of config.json. */
export function configJson({ config, classNames, preprocessing }: Description): JsonObject {
  const { huggingFace } = backboneOf(config).checkpoint
  return huggingFace?.describes(config)
    ? { ...huggingFace.write(config, classNames), preprocessing }
    : { model_type: OUR_TYPE, network: config, classes: classNames, preprocessing }
}

export const jsonText = (json: JsonObject) => `${JSON.stringify(json, null, 1)}\n`

/** `model_type` in a config.json in this package's form. */
const OUR_TYPE = 'atrous'

type Description = Omit<Model, 'parameters'>

function describe({ stateDict, config: json, preprocessor, source }: FoundWeights): Description {
  const configFile = besides(source, 'config.json')
  if (json?.model_type === OUR_TYPE) return fromOurConfig(json, configFile)
  if (json) {
    const statistics = preprocessor
      ? fromHuggingFaceProcessor(preprocessor, besides(source, 'preprocessor_config.json'))
      : {}
    const { preprocessing } = checkJson(OUR_ADDITION, json, configFile)
    const { options, classNames } = huggingFaceLayout(json.model_type).read(json, configFile)
    const config = deepLabConfig(options, configFile)
    return {
      config,
      classNames,
      preprocessing: preprocessing ?? { ...usualPreprocessing(config), ...statistics },
    }
  }
  const network = recogniseNetwork(stateDict)
  if (!network) {
    const known = checkpointLayouts.map(layout => layout.network)
    throw new UserError(`${source} is a checkpoint of another network: neither ${known.join(' nor ')}`)
  }
  const config = deepLabConfig(network.options, source)
  return { config, classNames: defaultNames(config.classes), preprocessing: usualPreprocessing(config) }
}

/** The path or URL of the file `name` in the folder of `source`. */
const besides = (source: string, name: string) => source.replace(/[^/\\]*$/, name)

/** The preprocessing of a backbone's public weights. */
const usualPreprocessing = (config: DeepLabConfig) => backboneOf(config).checkpoint.preprocessing

const OUR_CONFIG = v.object({ network: NETWORK, classes: CLASS_NAMES, preprocessing: PREPROCESSING })

/** This package's addition to Hugging Face's config.json. */
const OUR_ADDITION = v.object({ preprocessing: v.nullish(PREPROCESSING) })

function fromOurConfig(json: JsonObject, source: string): Description {
  const { network, classes: classNames, preprocessing } = checkJson(OUR_CONFIG, json, source)
  const config = deepLabConfig(network, `${source}: network`)
  if (classNames.length !== config.classes)
    throw new UserError(`${source}: classes: expected ${config.classes} names; got ${classNames.length}`)
  return { config, classNames, preprocessing }
}

const nameOf = ({ backbone, classes }: DeepLabConfig) => `a network on ${backbone} with ${classes} classes`

/** PASCAL VOC's names for 21 classes, else numbers. */
export const defaultNames = (classes: number): string[] =>
  classes === vocClasses.length ? [...vocClasses] : Array.from({ length: classes }, (_, id) => `class ${id}`)
