// The folder of a training run: its checkpoints, the best model, and a line of metrics.jsonl for each step.

import { appendFile, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError } from '../errors.ts'
import { writeFileAtomic } from '../node/atomic.ts'
import { fileError } from '../node/file_error.ts'
import type { Trainer, TrainingStep } from '../node/trainer.ts'

/** What evaluating a model found after a step. */
export interface Validation {
  step: number
  mIoU: number | null
  pixelAccuracy: number | null
}

/** Checkpoints kept: one more than is needed, in case the disk damages the last. */
const KEPT = 2

export class TrainingFolder {
  readonly path: string
  #best: Validation | undefined
  #saved: number | undefined

  constructor(path: string) {
    this.path = path
  }

  /** Of the validations so far, the one of the highest mean IoU. */
  get best(): Validation | undefined {
    return this.#best
  }

  /** The folder of the newest checkpoint, if there is any, and its step. */
  async latest(): Promise<{ folder: string; step: number } | undefined> {
    const step = (await this.#steps()).at(-1)
    return step === undefined ? undefined : { folder: this.#checkpoint(step), step }
  }

  /** Drops what a run that was killed wrote after its last checkpoint. */
  async rewind(step: number): Promise<void> {
    const names = await readdir(this.#checkpoints).catch((): string[] => [])
    for (const name of names) if (!/^step-\d+$/.test(name)) await remove(join(this.#checkpoints, name))
    const text = await readFile(this.#metrics, 'utf8').catch(() => '')
    const lines = text.split('\n').filter(line => (stepOf(line) ?? Infinity) <= step)
    for (const line of lines) this.#note(JSON.parse(line))
    await writeFileAtomic(this.#metrics, lines.map(line => `${line}\n`).join(''))
  }

  /** Adds a line to metrics.jsonl. Throws a UserError where the disk refuses. */
  async record(metrics: TrainingStep | Validation): Promise<void> {
    await appendFile(this.#metrics, `${JSON.stringify(metrics)}\n`).catch(error => {
      throw fileError(this.#metrics, error)
    })
  }

  /** Records a validation and saves the model where none was better before. */
  async validated(found: Validation, trainer: Trainer): Promise<void> {
    await this.record(found)
    const before = this.#best
    this.#note(found)
    if (this.#best !== before) await trainer.model.save(join(this.path, 'best'))
  }

  /** Writes a checkpoint, unless there is one of this step, and removes old ones. */
  async save(trainer: Trainer): Promise<void> {
    if (this.#saved === trainer.step) return
    await trainer.save(this.#checkpoint(trainer.step))
    this.#saved = trainer.step
    for (const step of (await this.#steps()).slice(0, -KEPT)) await remove(this.#checkpoint(step))
  }

  get #checkpoints(): string {
    return join(this.path, 'checkpoints')
  }

  get #metrics(): string {
    return join(this.path, 'metrics.jsonl')
  }

  #checkpoint(step: number): string {
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

  #note(found: Partial<Validation>): void {
    const { mIoU } = found
    if (typeof mIoU === 'number' && mIoU > (this.#best?.mIoU ?? -1)) this.#best = found as Validation
  }
}

const remove = (path: string) => rm(path, { recursive: true, force: true })

/** Undefined for a line that a crash cut short, or that is empty. */
function stepOf(line: string): number | undefined {
  try {
    return JSON.parse(line).step
  } catch {
    return undefined
  }
}

/** Throws a UserError where a folder holds a run and none is to go on, or the reverse. */
export async function checkpointToResume(
  folder: TrainingFolder,
  resume: boolean,
): Promise<string | undefined> {
  const latest = await folder.latest()
  if (resume && !latest) throw new UserError(`${folder.path}: no checkpoint from which to resume`)
  if (!resume && latest)
    throw new UserError(
      `${folder.path} holds a run at step ${latest.step}: go on with it by --resume, or take another folder`,
    )
  return latest?.folder
}
