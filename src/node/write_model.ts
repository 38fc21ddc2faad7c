// Writes models to folders.

import { join } from 'node:path'
import { UserError } from '../errors.ts'
import { MODEL_FILES, type Model, modelFiles, OUR_TYPE } from '../library/model_files.ts'
import { HUGGING_FACE_FIXED } from '../model/backbones/mobilenet_v2.ts'
import { checkOptions, FLAG } from '../options.ts'
import { printablePath } from '../printable.ts'
import { writeFileSet } from './files/file_set.ts'
import { readRegularFile } from './files/read_file.ts'

export interface SaveOptions {
  /** Whether a config.json of another program is replaced, too. Default false. */
  overwrite?: boolean
}

/**
 * Writes model.safetensors and config.json to a folder, in Hugging Face's form if the backbone has one. They replace another
 * model's files together or not at all, even if the process is killed.
 */
export async function writeModel(folder: string, model: Model, options?: SaveOptions): Promise<void> {
  await refuseForeign(folder, options)
  await writeFileSet(folder, modelFiles(model))
}

/** The forms of config.json that `modelFiles` gives. */
const SAVED_TYPES = [OUR_TYPE, HUGGING_FACE_FIXED.model_type]

/** Throws a UserError if the folder has a config.json that no model was saved with, and if an option is invalid. */
export async function refuseForeign(folder: string, options: SaveOptions = {}): Promise<void> {
  checkOptions(options, { overwrite: FLAG })
  if (options.overwrite) return
  const file = join(folder, MODEL_FILES.config)
  const type = await readRegularFile(file).then(typeIn, error => {
    if (error.cause?.code !== 'ENOENT') throw error
    return OUR_TYPE
  })
  if (SAVED_TYPES.includes(type)) return
  throw new UserError(
    `${printablePath(file)} exists and is of no saved model: { overwrite: true } replaces it, or choose another folder`,
  )
}

/** Undefined if it is not JSON or has none. */
function typeIn(config: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(config).toString())?.model_type
  } catch {
    return undefined
  }
}
