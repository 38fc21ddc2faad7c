// A model as files: what its checkpoint's folder says, or its tensors' names, and the folder that `save` writes.

import { dirname, join } from 'node:path'
import * as v from 'valibot'
import { CLASS_NAMES } from '../data/class_names_schema.ts'
import { vocClasses } from '../data/voc.ts'
import { UserError } from '../errors.ts'
import { checkJson } from '../json.ts'
import { type DeepLabConfig, type DeepLabOptions, deepLabConfig } from '../model/config.ts'
import { NETWORK } from '../model/config_schema.ts'
import { fromHuggingFace, fromHuggingFaceProcessor, toHuggingFace } from '../model/hugging_face.ts'
import { initialWeights, networkParameters } from '../model/initial_weights.ts'
import {
  IMAGENET,
  PREPROCESSING,
  type Preprocessing,
  TENSORFLOW,
  TORCHVISION,
} from '../model/preprocessing.ts'
import { checkValues, matchParameters } from '../weights/checkpoint.ts'
import { type Architecture, isUnusedParameter, recogniseArchitecture } from '../weights/names.ts'
import { writeSafetensors } from '../weights/safetensors.ts'
import { writeFileSet } from './files/file_set.ts'
import type { FoundWeights, Json } from './weights.ts'

export interface Model {
  config: DeepLabConfig
  classNames: string[]
  preprocessing: Preprocessing
  /** By name, in the checkpoint's layout. */
  parameters: Map<string, Float32Array>
}

/** A network that nothing has trained yet; `DeepLab.create` says what the options are. */
export function untrainedModel(
  config: DeepLabConfig,
  { seed = 0, size }: { seed?: number; size?: number } = {},
): Model {
  const preprocessing = config.backbone === 'mobilenet_v2' ? TENSORFLOW : IMAGENET
  return {
    config,
    classNames: defaultNames(config.classes),
    preprocessing: { ...preprocessing, size: size ?? preprocessing.size },
    parameters: initialWeights(config, seed),
  }
}

/**
 * The network and its weights. Throws a UserError where the checkpoint is of no network known here, does not fit, or holds
 * numbers with which no network can compute.
 */
export function readModel({ stateDict, config: json, preprocessor, source }: FoundWeights): Model {
  const described = describe({ stateDict, config: json, preprocessor, source })
  const expected = networkParameters(described.config)
  const parameters = matchParameters(stateDict, expected, {
    source,
    model: nameOf(described.config),
    ignore: name => isUnusedParameter(familyOf(described.config), name),
  })
  checkValues(parameters, source)
  return { ...described, parameters }
}

/**
 * Writes model.safetensors and config.json (for MobileNetV2 in Hugging Face's form) to a folder. Over another model's files they
 * come both or not at all, even where the process is killed.
 */
export function writeModel(folder: string, model: Model): Promise<void> {
  return writeFileSet(folder, modelFiles(model))
}

/** Their names. */
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

/** What stands in config.json. */
export function configJson({ config, classNames, preprocessing }: Description): Json {
  return config.backbone === 'mobilenet_v2'
    ? { ...toHuggingFace(config, classNames), preprocessing }
    : { model_type: OUR_TYPE, network: config, classes: classNames, preprocessing }
}

export const jsonText = (json: Json) => `${JSON.stringify(json, null, 1)}\n`

/** `model_type` in the config.json of a ResNet that this package saved. */
const OUR_TYPE = 'atrous'

type Description = Omit<Model, 'parameters'>

function describe({ stateDict, config: json, preprocessor, source }: FoundWeights): Description {
  const configFile = join(dirname(source), 'config.json')
  if (json?.model_type === OUR_TYPE) return fromOurConfig(json, configFile)
  if (json) {
    const { mean, std } = preprocessor
      ? fromHuggingFaceProcessor(preprocessor, join(dirname(source), 'preprocessor_config.json'))
      : {}
    const { preprocessing } = checkJson(OUR_ADDITION, json, configFile)
    return {
      ...fromHuggingFace(json, configFile),
      preprocessing: preprocessing ?? {
        ...TENSORFLOW,
        mean: mean ?? TENSORFLOW.mean,
        std: std ?? TENSORFLOW.std,
      },
    }
  }
  const architecture = recogniseArchitecture(stateDict)
  if (!architecture)
    throw new UserError(
      `${source} is a checkpoint of another network: neither DeepLabv3-ResNet nor DeepLabv3-MobileNetV2`,
    )
  return {
    config: configOf(architecture, source),
    classNames: defaultNames(architecture.classes),
    preprocessing: architecture.family === 'torchvision-resnet' ? TORCHVISION : TENSORFLOW,
  }
}

const OUR_CONFIG = v.object({ network: NETWORK, classes: CLASS_NAMES, preprocessing: PREPROCESSING })

/** What this package adds to Hugging Face's config.json. */
const OUR_ADDITION = v.object({ preprocessing: v.nullish(PREPROCESSING) })

function fromOurConfig(json: Json, source: string): Description {
  const { network, classes: classNames, preprocessing } = checkJson(OUR_CONFIG, json, source)
  const config = deepLabConfig(network, `${source}: network`)
  if (classNames.length !== config.classes)
    throw new UserError(`${source}: classes: expected ${config.classes} names; got ${classNames.length}`)
  return { config, classNames, preprocessing }
}

/** What names and shapes cannot tell (rates, output stride) is as torchvision and Google trained them. */
function configOf(architecture: Architecture, source: string): DeepLabConfig {
  if (architecture.family === 'huggingface-mobilenet_v2') {
    const { depthMultiplier, classes } = architecture
    return deepLabConfig({ backbone: 'mobilenet_v2', depthMultiplier, classes }, source)
  }
  const { units, classes, aspp, headConvolution, auxiliaryHead } = architecture
  const options: DeepLabOptions = {
    backbone: units[2] === 23 ? 'resnet101' : 'resnet50',
    units: units.slice(0, 4),
    lastBlock: units.length,
    classes,
    outputStride: 8,
    multiGrid: Array(units[3]).fill(1),
    firstUnitRate: 'previousBlock',
    headConvolution,
    auxiliaryHead,
    aspp: aspp && { rates: [6, 12, 18, 24].slice(0, aspp.atrousBranches), imagePooling: aspp.imagePooling },
  }
  return deepLabConfig(options, source)
}

const familyOf = ({ backbone }: DeepLabConfig): Architecture['family'] =>
  backbone === 'mobilenet_v2' ? 'huggingface-mobilenet_v2' : 'torchvision-resnet'

const nameOf = ({ backbone, classes }: DeepLabConfig) => `deeplabv3_${backbone} with ${classes} classes`

/** PASCAL VOC's where there are 21 classes, else numbers. */
export const defaultNames = (classes: number): string[] =>
  classes === vocClasses.length ? [...vocClasses] : Array.from({ length: classes }, (_, id) => `class ${id}`)
