// The settings that `atrous train` keeps in run.json for `--resume`, in addition to the recipe in each checkpoint.

import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import * as v from 'valibot'
import { UserError } from '../../errors.ts'
import { parseJson } from '../../json.ts'
import { MAX_CHANNELS } from '../../kernels/layout.ts'
import { isDatasetName } from '../../node/datasets/open.ts'
import { writeFileAtomic } from '../../node/files/atomic.ts'
import { fileError } from '../../node/files/file_error.ts'
import { DEFAULT_MODEL } from '../model.ts'

const text = v.pipe(v.string(), v.nonEmpty())
const count = v.pipe(v.number(), v.integer(), v.minValue(1))

const RunSettingsSchema = v.object({
  format: v.literal(1),
  /** For example `voc:` and an absolute path. */
  dataset: text,
  split: text,
  /** A folder of photos without labels, or a dataset and its split; absent in runs without such. */
  unlabelled: v.nullish(text, null),
  unlabelledSplit: v.nullish(text, null),
  /** A name, a URL or an absolute path; null if the run began with an untrained network. */
  model: v.nullable(text),
  /** The preset of an untrained network, else null. */
  network: v.nullable(text),
  /** Where the backbone's weights of an untrained network are from; absent in runs that began without. */
  backboneWeights: v.nullish(text, null),
  /** How many channels of their own the images have; null for photos. */
  channels: v.nullish(v.pipe(count, v.maxValue(MAX_CHANNELS)), null),
  /** Steps between checkpoints. */
  saveEvery: count,
  /** Steps between validations; null for none. */
  validateEvery: v.nullable(count),
  validateOn: text,
  /** Validations in a row without a better mean IoU that end the run; null, or absent in older runs, for no such end. */
  patience: v.nullish(count, null),
  /** Whether images with problems are left out. */
  skipBad: v.boolean(),
})

export type RunSettings = v.InferOutput<typeof RunSettingsSchema>

/** Options of the command line; absent if the user does not give them. */
export interface SettingsOptions {
  dataset?: string
  split?: string
  unlabelled?: string
  unlabelledSplit?: string
  model?: string
  network?: string
  backboneWeights?: string
  channels?: number
  saveEvery?: number
  validateEvery?: number
  validateOn?: string
  patience?: number
  skipBad?: true
}

/** The file in the run's folder. */
export const SETTINGS_FILE = 'run.json'

/** A run's settings; undefined if its folder has none. Throws a UserError if they are damaged. */
export async function readSettings(folder: string): Promise<RunSettings | undefined> {
  const file = join(folder, SETTINGS_FILE)
  const json = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw fileError(file, error)
  })
  return json === undefined ? undefined : parseJson(RunSettingsSchema, json, file)
}

export function writeSettings(folder: string, settings: RunSettings): Promise<void> {
  return writeFileAtomic(join(folder, SETTINGS_FILE), `${JSON.stringify(settings, undefined, 1)}\n`)
}

/** The settings of a new run. Throws a UserError if there is no dataset. */
export function newSettings(options: SettingsOptions): RunSettings {
  const { dataset, split = 'train', model = DEFAULT_MODEL, network = null } = options
  const { backboneWeights = null, channels = null, patience = null } = options
  const { unlabelled = null, unlabelledSplit = null } = options
  const { saveEvery = 500, validateEvery = null, validateOn = 'val', skipBad = false } = options
  if (dataset === undefined) throw new UserError("required option '-d, --dataset <dataset>' not specified")
  if (backboneWeights !== null && network === null)
    throw new UserError('--backbone-weights: expected with --network, which has no weights')
  if (unlabelledSplit !== null && !(unlabelled && isDatasetName(unlabelled)))
    throw new UserError(
      '--unlabelled-split: expected with --unlabelled and a dataset, such as voc:data/VOC2012',
    )
  checkPatience(patience, validateEvery)
  return {
    format: 1,
    dataset: absoluteDataset(dataset),
    split,
    unlabelled: unlabelled && absolutePhotos(unlabelled),
    unlabelledSplit,
    ...(network === null ? { model: absoluteModel(model), network } : { model: null, network }),
    backboneWeights: backboneWeights && absoluteModel(backboneWeights),
    channels,
    saveEvery,
    validateEvery,
    validateOn,
    patience,
    skipBad,
  }
}

function checkPatience(patience: number | null, validateEvery: number | null): void {
  if (patience !== null && validateEvery === null)
    throw new UserError('--patience: expected with --validate-every, without which nothing is validated')
}

/**
 * The settings of a resumed run: the options given now replace the recorded ones. Throws a UserError for options that cannot
 * change during a run.
 */
export function resumedSettings(recorded: RunSettings, options: SettingsOptions): RunSettings {
  const { split, model, network, dataset, saveEvery, validateEvery, validateOn, skipBad } = options
  const { unlabelled, unlabelledSplit } = options
  checkSame('split', recorded.split, split)
  checkSame('unlabelled-split', recorded.unlabelledSplit, unlabelledSplit)
  checkSame('network', recorded.network, network)
  checkSame('channels', recorded.channels, options.channels)
  const isSameModel = model !== undefined && resolve(model) === recorded.model
  if (!isSameModel) checkSame('model', recorded.model, model)
  const settings = {
    ...recorded,
    ...(dataset === undefined ? {} : { dataset: absoluteDataset(dataset) }),
    ...(unlabelled === undefined ? {} : { unlabelled: absolutePhotos(unlabelled) }),
    saveEvery: saveEvery ?? recorded.saveEvery,
    validateEvery: validateEvery ?? recorded.validateEvery,
    validateOn: validateOn ?? recorded.validateOn,
    patience: options.patience ?? recorded.patience,
    skipBad: skipBad ?? recorded.skipBad,
  }
  checkPatience(settings.patience, settings.validateEvery)
  return settings
}

function checkSame<T extends string | number>(name: string, recorded: T | null, asked: T | undefined): void {
  if (asked !== undefined && asked !== recorded)
    throw new UserError(
      `--resume: ${name} is ${recorded ?? 'none'} in the run, not ${asked}; it cannot change during a run`,
    )
}

/** Makes the path absolute: with `--resume` the working directory may be another one. */
function absoluteDataset(dataset: string): string {
  const [, kind, folder] = /^([a-z-]+):(.+)$/.exec(dataset) ?? []
  return kind === undefined ? dataset : `${kind}:${resolve(folder)}`
}

const absolutePhotos = (photos: string): string =>
  isDatasetName(photos) ? absoluteDataset(photos) : resolve(photos)

const absoluteModel = (model: string): string => (existsSync(model) ? resolve(model) : model)
