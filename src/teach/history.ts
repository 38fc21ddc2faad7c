// The states of a model before each training.

import type { LessonModel } from './lesson_options.ts'

/** The most models, and the most bytes of parameters that learn: those of a whole network are many. */
const MOST = 20
const MAX_BYTES = 256 * 2 ** 20

export class History {
  #models: LessonModel[] = []

  get length(): number {
    return this.#models.length
  }

  /** Adds a model, of whose parameters `learned` are its own and the others are shared. Forgets the oldest where there are too many. */
  push(model: LessonModel, learned: ReadonlyMap<string, Float32Array>): void {
    const bytes = [...learned.values()].reduce((sum, { byteLength }) => sum + byteLength, 0)
    const most = Math.max(1, Math.min(MOST, Math.floor(MAX_BYTES / bytes)))
    this.#models = [...this.#models, model].slice(-most)
  }

  pop(): LessonModel | undefined {
    return this.#models.pop()
  }

  /** Edits all models. */
  edit(change: (model: LessonModel) => LessonModel): void {
    this.#models = this.#models.map(change)
  }
}
