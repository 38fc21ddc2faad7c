// Recognises the network of a checkpoint that no config.json describes, under our names or another library's. Only reading such a
// checkpoint loads this room.

import { UserError } from '../../errors.ts'
import type { JsonObject } from '../../json_object.ts'
import type { Backbone } from '../backbones/backbone.ts'
import { backboneOf, loadNetwork } from '../backbones/index.ts'
import { backbones } from '../backbones/table.ts'
import { type DeepLabConfig, type DeepLabOptions, deepLabConfig } from '../config.ts'
import { imageWeights } from '../input_channels.ts'
import { isResNeXt, type OurTensors, tensorsByOurNames, unreadNetwork } from '../layouts/index.ts'
import type { DescribedNetwork, NameLayout } from '../layouts/name_layout.ts'
import { nameInCheckpoint, type Renaming } from '../layouts/renaming.ts'
import { smpNetwork } from '../layouts/smp.ts'
import { type Preprocessing, preprocessingFor } from '../preprocessing.ts'
import type { RecognisedNetwork, Recogniser, TensorShapes } from './recognised.ts'

/** A model but for its weights and the names of its classes. */
interface RecognisedModel {
  config: DeepLabConfig
  preprocessing: Preprocessing
  /** Where the names are another library's. */
  renaming?: Renaming
  /** The assumption, where neither the tensors nor their library's conventions tell it: one line for a reader. */
  assumed?: string
}

/**
 * The model of a checkpoint. `json` is what its library has in config.json. Throws a UserError, which begins with `source`, for a network
 * that is none of ours.
 */
export async function recogniseModel(
  stateDict: TensorShapes,
  { source, json, configFile }: { source: string; json?: JsonObject; configFile: string },
): Promise<RecognisedModel> {
  const inConfig = json && smpNetwork(json, configFile)
  const { network, foreign } = await recogniseCheckpoint(stateDict)
  if (!network || isResNeXt(stateDict)) throw await refusal(stateDict, source)
  const described = foreign?.layout.fieldsOfRates && inConfig
  // One logit stands for two classes: one_logit.ts.
  const classes = Math.max(2, network.architecture.classes)
  const options = { ...(foreign?.layout.complete(network.options) ?? network.options), classes }
  const ofPhotos = deepLabConfig(described ? withRates(options, described) : options, source)
  const inputChannels = await channelsIn(stateDict, ofPhotos, foreign?.renaming)
  const config = deepLabConfig({ ...ofPhotos, inputChannels }, source)
  const preprocessing = preprocessingFor(
    config,
    (foreign?.layout ?? backboneOf(config).checkpoint).preprocessing,
  )
  const assumed = described ? undefined : assumedRates(config, foreign?.layout)
  return { config, preprocessing, renaming: foreign?.renaming, assumed: assumed && `${source}: ${assumed}` }
}

/** The channels of the images that a checkpoint's first convolution reads. */
async function channelsIn(
  stateDict: TensorShapes,
  config: DeepLabConfig,
  renaming?: Renaming,
): Promise<number> {
  await loadNetwork(config)
  const [{ name }] = imageWeights(config)
  return stateDict.get(nameInCheckpoint(name, renaming))?.shape[1] ?? config.inputChannels
}

async function refusal(stateDict: TensorShapes, source: string): Promise<UserError> {
  const unread = unreadNetwork(stateDict)
  if (unread) return new UserError(`${source} is a checkpoint of ${unread}, which is not read`)
  const known = new Set((await recognisers()).map(recogniser => recogniser.network))
  return new UserError(`${source} is a checkpoint of another network: neither ${[...known].join(' nor ')}`)
}

function assumedRates({ outputStride, ...config }: DeepLabConfig, layout?: NameLayout): string | undefined {
  const rates = 'aspp' in config && config.aspp?.rates.map(rate => (rate * 16) / outputStride)
  if (!rates || !layout?.fieldsOfRates) return undefined
  const folder = `load a folder that has this file and a config.json with ${layout.fieldsOfRates.join(', ')}`
  return `output stride ${outputStride} and rates ${rates.join(', ')} are assumed, which no tensor tells; to set them, ${folder}`
}

function withRates(options: DeepLabOptions, { outputStride, rates }: DescribedNetwork): DeepLabOptions {
  const { aspp } = options as { aspp?: object | null }
  return { ...options, outputStride, ...(aspp && { aspp: { ...aspp, rates } }) } as DeepLabOptions
}

/** The table of names of another library's checkpoint. */
export const renamingOf = (stateDict: TensorShapes): Renaming | undefined =>
  tensorsByOurNames(stateDict).foreign?.renaming

/** The network that a checkpoint's tensors tell. */
interface RecognisedCheckpoint extends Pick<OurTensors, 'foreign'> {
  /** Undefined if it belongs to none of our networks. */
  network?: RecognisedNetwork<DeepLabConfig>
}

/** The network of a state dict without wrappers' prefixes. */
export async function recogniseCheckpoint(stateDict: TensorShapes): Promise<RecognisedCheckpoint> {
  const { tensors, foreign } = tensorsByOurNames(stateDict)
  return { foreign, network: await recogniseNetwork(tensors) }
}

/** The network of tensors under our names; undefined if it is none of ours. */
export async function recogniseNetwork(
  tensors: TensorShapes,
): Promise<RecognisedNetwork<DeepLabConfig> | undefined> {
  for (const { recognise } of await recognisers()) {
    const network = recognise(tensors)
    if (network) return network
  }
  return undefined
}

const recognisers = (): Promise<Recogniser<DeepLabConfig>[]> =>
  Promise.all(Object.values<Backbone<DeepLabConfig>>(backbones).map(({ recogniser }) => recogniser()))
