// The folder of a training run: its checkpoints, the best model, metrics.jsonl with a line for each step, and pictures.

import { appendFile, readdir, readFile, rm, rmdir, stat, truncate } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { UserError } from '../../errors.ts'
import { MODEL_FILES } from '../../library/model_files.ts'
import type { ResumeOptions, TrainerOptions } from '../../library/trainer_base.ts'
import type { FileDataset } from '../../node/datasets/file_dataset.ts'
import { writeFileAtomic } from '../../node/files/atomic.ts'
import { fileError } from '../../node/files/file_error.ts'
import { readFileSet, writeFileSet } from '../../node/files/file_set.ts'
import { type Lock, type LockHolder, tryLock } from '../../node/files/lock.ts'
import { makeFolder } from '../../node/files/make_folder.ts'
import { sweep } from '../../node/files/temporary.ts'
import { Trainer } from '../../node/training/trainer.ts'
import { isValidation, type Metrics, parseMetrics, type Validation } from './train_metrics.ts'
import { runCurves } from './train_pictures.ts'

/** How many checkpoints are kept: one more than needed, in case the last one is damaged. */
const KEPT = 2

export class TrainingFolder {
  readonly path: string
  #best: Validation | undefined
  #last: Validation | undefined
  #sinceBest = 0
  #saved: number | undefined
  #lock: Lock | undefined

  constructor(path: string) {
    this.path = path
  }

  /** The validation with the highest mean IoU so far. */
  get best(): Validation | undefined {
    return this.#best
  }

  /** The number of validations after the best one. */
  get sinceBest(): number {
    return this.#sinceBest
  }

  /** The last validation so far. */
  get last(): Validation | undefined {
    return this.#last
  }

  /**
   * Creates the folder, and runs the work while no other run may use the folder. Removes the folder if the work leaves it empty.
   * Throws a UserError if another run uses it.
   */
  async locked<T>(work: () => Promise<T>): Promise<T> {
    const made = await makeFolder(this.path).catch(error => {
      throw fileError(this.path, error)
    })
    const found = await tryLock(join(this.path, '.lock'))
    if ('holder' in found) throw new UserError(`${this.path}: ${holderText(found.holder)} is training here`)
    this.#lock = found.lock
    try {
      return await work()
    } finally {
      await found.lock.release()
      if (made !== undefined) await removeEmpty(resolve(this.path), resolve(made))
    }
  }

  /** The step of the newest checkpoint, if there is one. */
  async latest(): Promise<number | undefined> {
    return (await this.#steps()).at(-1)
  }

  /**
   * Resumes from the newest checkpoint. Throws a UserError if that fails, which says whether the checkpoint before it is usable.
   */
  async resume(
    dataset: FileDataset,
    options: ResumeOptions & Pick<TrainerOptions, 'unlabelled'> = {},
  ): Promise<Trainer> {
    const [last, before] = (await this.#steps()).toReversed()
    const checkpoint = this.checkpoint(last)
    try {
      return await Trainer.resume(checkpoint, dataset, options)
    } catch (error) {
      if (!(error instanceof UserError) || before === undefined) throw error
      const earlier = await Trainer.resume(this.checkpoint(before), dataset, options).catch(() => undefined)
      if (!earlier) throw error
      await earlier.model.dispose()
      throw new UserError(`${error.message}; to go on from step ${before}, remove ${checkpoint}`)
    }
  }

  /** Removes metrics that a killed run recorded after its last checkpoint, and its temporary files. */
  async rewind(step: number): Promise<void> {
    for (const folder of [this.path, this.#checkpoints, join(this.path, 'best')]) await sweep(folder)
    const metrics = (await this.#recorded()).filter(each => each.step <= step)
    this.#best = undefined
    this.#last = undefined
    this.#sinceBest = 0
    for (const each of metrics) this.#note(each)
    await writeFileAtomic(this.#metrics, metrics.map(each => `${JSON.stringify(each)}\n`).join(''))
  }

  /** Appends a line to metrics.jsonl, whole or not at all. Throws a UserError if the file system refuses. */
  async record(metrics: Metrics): Promise<void> {
    try {
      const { size } = await stat(this.#metrics)
      await appendFile(this.#metrics, `${JSON.stringify(metrics)}\n`).catch(async error => {
        await truncate(this.#metrics, size)
        throw error
      })
    } catch (error) {
      throw fileError(this.#metrics, error)
    }
  }

  /** Records a validation and its samples, a PNG. Saves the model if it is the best so far. */
  async validated(found: Validation, trainer: Trainer, samples: Uint8Array | undefined): Promise<void> {
    await this.record(found)
    const before = this.#best
    this.#note(found)
    if (samples) await writeFileAtomic(join(this.path, 'samples.png'), samples)
    if (this.#best !== before) {
      await trainer.model.save(join(this.path, 'best'))
      if (samples) await writeFileAtomic(join(this.path, 'best', 'samples.png'), samples)
    }
    await this.#drawCurves(trainer)
  }

  /** Makes the model of the best validation the run's. */
  async saveBest(): Promise<void> {
    const read = (pathOf: (name: string) => string) =>
      Promise.all(Object.values(MODEL_FILES).map(async name => [name, await readFile(pathOf(name))] as const))
    const files = await readFileSet(join(this.path, 'best'), Object.values(MODEL_FILES), { read })
    await writeFileSet(this.path, new Map(files))
  }

  /** Writes a checkpoint, unless this step has one already, and removes old ones. */
  async save(trainer: Trainer): Promise<void> {
    if (this.#saved === trainer.step) return
    if (this.#lock && !(await this.#lock.isHeld()))
      throw new UserError(`${this.path}: another run took over this folder while this one was suspended`)
    await trainer.save(this.checkpoint(trainer.step))
    this.#saved = trainer.step
    for (const step of (await this.#steps()).slice(0, -KEPT)) await remove(this.checkpoint(step))
    await this.#drawCurves(trainer)
  }

  get #checkpoints(): string {
    return join(this.path, 'checkpoints')
  }

  get #metrics(): string {
    return join(this.path, 'metrics.jsonl')
  }

  /** The folder of the checkpoint after a step. */
  checkpoint(step: number): string {
    return join(this.#checkpoints, `step-${step}`)
  }

  async #steps(): Promise<number[]> {
    const names = await readdir(this.#checkpoints).catch((error: NodeJS.ErrnoException): string[] => {
      if (error.code === 'ENOENT') return []
      throw fileError(this.#checkpoints, error)
    })
    const steps = names.flatMap(name => /^step-(\d+)$/.exec(name)?.[1] ?? []).map(Number)
    return steps.sort((a, b) => a - b)
  }

  #note(metrics: Metrics): void {
    if (!isValidation(metrics)) return
    this.#last = metrics
    const isBest = metrics.mIoU !== null && metrics.mIoU > (this.#best?.mIoU ?? -1)
    if (isBest) this.#best = metrics
    this.#sinceBest = isBest ? 0 : this.#sinceBest + 1
  }

  async #recorded(): Promise<Metrics[]> {
    return parseMetrics(await readFile(this.#metrics, 'utf8').catch(() => ''))
  }

  async #drawCurves(trainer: Trainer): Promise<void> {
    const svg = await runCurves(basename(resolve(this.path)), trainer, await this.#recorded())
    if (svg) await writeFileAtomic(join(this.path, 'curves.svg'), svg)
  }
}

const holderText = ({ pid, host }: LockHolder) => (pid > 0 ? `process ${pid} on ${host}` : 'another process')

/** Removes empty folders, from `folder` upwards to `last`. */
async function removeEmpty(folder: string, last: string): Promise<void> {
  for (let path = folder; ; path = dirname(path)) {
    const removed = await rmdir(path).then(
      () => true,
      () => false,
    )
    if (!removed || path === last) return
  }
}

const remove = (path: string) => rm(path, { recursive: true, force: true })

/** Throws a UserError if a run should resume and the folder has none, or if a run should start and the folder has one. */
export async function checkResume(folder: TrainingFolder, resume: boolean): Promise<void> {
  const step = await folder.latest()
  if (resume && step === undefined) throw new UserError(`${folder.path}: no checkpoint to resume from`)
  if (!resume && step !== undefined)
    throw new UserError(
      `${folder.path} holds a run at step ${step}: continue it with --resume, or choose another folder`,
    )
}
