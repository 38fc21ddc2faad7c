// Checkpoints of a training run, as folders: the files of DeepLab.save, and the state to resume the run.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MODEL_FILES, modelFiles } from '../../library/model_files.ts'
import { decodeProgress, encodeProgress, PROGRESS_FILES, type Progress } from '../../train/checkpoint.ts'
import { DeepLab, type OpenOptions } from '../deeplab.ts'
import { fileError } from '../files/file_error.ts'
import { readFileSet, writeFileSet } from '../files/file_set.ts'
import { refuseForeign, type SaveOptions } from '../write_model.ts'

/**
 * Writes a checkpoint whole or not at all, even over another one, and even if the process is killed. Throws a UserError if the
 * file system refuses, and if a config.json of another program is there.
 */
export async function writeTrainingCheckpoint(
  folder: string,
  model: DeepLab,
  { progress, options }: { progress: Progress; options?: SaveOptions },
): Promise<void> {
  await refuseForeign(folder, options)
  const { tensors, state } = encodeProgress(model.config, progress)
  const files = modelFiles(model.state, { resumable: true })
  files.set(PROGRESS_FILES.tensors, tensors).set(PROGRESS_FILES.state, state)
  await writeFileSet(folder, files)
}

/** Opens a checkpoint. The caller must dispose of the model. Throws a UserError if files are missing or damaged. */
export function readTrainingCheckpoint(
  folder: string,
  options: OpenOptions,
): Promise<{ model: DeepLab; progress: Progress }> {
  return readFileSet(folder, Object.values({ ...MODEL_FILES, ...PROGRESS_FILES }), {
    async read(pathOf) {
      const model = await DeepLab.load(folder, options)
      try {
        return { model, progress: await readProgress(folder, model, pathOf) }
      } catch (error) {
        await model.dispose()
        throw error
      }
    },
    discard: ({ model }) => model.dispose(),
  })
}

async function readProgress(
  folder: string,
  model: DeepLab,
  pathOf: (name: string) => string,
): Promise<Progress> {
  const [state, tensors] = await Promise.all(
    [PROGRESS_FILES.state, PROGRESS_FILES.tensors].map(name =>
      readFile(pathOf(name)).catch(error => {
        throw fileError(join(folder, name), error)
      }),
    ),
  )
  return decodeProgress(model.config, { state: state.toString(), tensors }, folder)
}
