// Checkpoints of a training run as folders: what DeepLab.save writes, and what the run needs to go on.

import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { UserError } from '../errors.ts'
import { decodeProgress, encodeProgress, PROGRESS_FILES, type Progress } from '../train/checkpoint.ts'
import { writeFileAtomic } from './atomic.ts'
import type { DeepLab } from './deeplab.ts'
import { fileError } from './file_error.ts'

/**
 * Writes a checkpoint whole or not at all: into a folder beside it, which then takes its name. One that was there before makes
 * room only then: in a crash between the two its name may be gone, and it lies beside it under `.old`.
 * Throws a UserError where the file system refuses.
 */
export async function writeTrainingCheckpoint(
  folder: string,
  model: DeepLab,
  progress: Progress,
): Promise<void> {
  const temporary = `${folder}.${randomUUID()}.tmp`
  const old = `${folder}.old`
  try {
    await model.save(temporary)
    const files = encodeProgress(model.config, progress)
    await writeFileAtomic(join(temporary, PROGRESS_FILES.velocities), files.velocities)
    await writeFileAtomic(join(temporary, PROGRESS_FILES.state), files.state)
    await mkdir(dirname(folder), { recursive: true })
    await rm(old, { recursive: true, force: true })
    await rename(folder, old).catch(ignoreAbsent)
    await rename(temporary, folder)
    await rm(old, { recursive: true, force: true })
  } catch (error) {
    await rm(temporary, { recursive: true, force: true }).catch(() => {}) // the first error is the one to tell
    if (error instanceof UserError) throw new UserError(error.message.replace(temporary, folder)) // the name that was meant
    throw fileError(folder, error)
  }
}

/** What a checkpoint of this model's training says of it. Throws a UserError where files are missing or damaged. */
export async function readTrainingCheckpoint(folder: string, model: DeepLab): Promise<Progress> {
  const [state, velocities] = await Promise.all(
    [PROGRESS_FILES.state, PROGRESS_FILES.velocities].map(name =>
      readFile(join(folder, name)).catch(error => {
        throw fileError(join(folder, name), error)
      }),
    ),
  )
  return decodeProgress(model.config, { state: state.toString(), velocities }, folder)
}

function ignoreAbsent(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}
