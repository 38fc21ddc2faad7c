// The lesson of the present model. It begins when something is first to be learned or changed.

import {
  type DeepLab,
  DeviceLostError,
  Lesson,
  type LessonOptions,
  UserError,
} from '../../../src/web/index.ts'
import { maskBytes } from '../export/mask_bytes.ts'
import { divide } from './held_back.ts'
import { heldScore } from './held_score.ts'
import type { PaintedPhotos } from './painted_photos.ts'

const STEPS = 40

type NetworkPart = NonNullable<LessonOptions['part']>

export interface TrainingOptions {
  signal: AbortSignal
  /** Whether some strokes are held back, and what was learned is measured on them. */
  holdsBack: boolean
  /** Called after each step. */
  onStep(text: string, lesson: Lesson, step: number): Promise<void>
}

export class Teaching {
  readonly #painted: PaintedPhotos
  readonly #part: () => NetworkPart
  #model: DeepLab | undefined
  #lesson: Lesson | undefined
  /** Names of the lesson's photos. */
  #photos = new Set<string>()

  /** `part` says what learns. */
  constructor(painted: PaintedPhotos, part: () => NetworkPart) {
    this.#painted = painted
    this.#part = part
  }

  /** Throws before a model is loaded. */
  get model(): DeepLab {
    if (!this.#model) throw new UserError('the model is still loading: wait until the picture is segmented')
    return this.#model
  }

  /** What learns. */
  get part(): NetworkPart {
    return this.#part()
  }

  get classNames(): readonly string[] {
    return this.#model?.classNames ?? []
  }

  /** How many trainings can be taken back. */
  get undoable(): number {
    return this.#lesson?.undoable ?? 0
  }

  /** Names of the photos that the lesson has. */
  get photos(): ReadonlySet<string> {
    return this.#photos
  }

  /** Teaches another model. */
  async begin(model: DeepLab): Promise<void> {
    this.#model = model
    await this.end()
  }

  async end(): Promise<void> {
    const lesson = this.#lesson
    this.#lesson = undefined
    this.#photos = new Set()
    await lesson?.dispose()
  }

  /** Changes the lesson, and gives the model what it is then. */
  async change(work: (lesson: Lesson) => Promise<unknown>): Promise<void> {
    const lesson = await this.#open()
    await work(lesson)
    await this.#adopt(lesson)
  }

  /** Learns what is painted, until it is done or ended. Returns the score on what was held back. */
  async train({ signal, holdsBack, onStep }: TrainingOptions): Promise<string> {
    const lesson = await this.#open()
    const painted = this.#painted
      .all(this.#photos)
      .map(({ photo, strokes }) => [photo.name, strokes] as const)
    const division = holdsBack ? divide(painted) : undefined
    await this.#setPhotos(lesson, division?.learned)
    const start = performance.now()
    try {
      for await (const { step, loss } of lesson.train({ steps: STEPS, signal })) {
        const seconds = (performance.now() - start) / 1000
        const text = `Step ${step} of ${STEPS}, loss ${loss.toFixed(3)}, ${seconds.toFixed(1)} s`
        await onStep(text, lesson, step)
      }
    } catch (error) {
      if (!signal.aborted) throw await this.#explained(error)
    }
    await this.#adopt(lesson)
    if (!division) return ''
    const masks = new Map<string, Uint8Array>()
    for (const name of division.held.keys()) masks.set(name, await this.#maskOf(lesson, name))
    return heldScore(division, masks, lesson.classNames)
  }

  /** The lesson, or a new one from the model as it is. */
  async #open(): Promise<Lesson> {
    const { gpu, state } = this.model
    if (this.#lesson?.gpu !== gpu) await this.end() // the GPU was lost meanwhile
    this.#lesson ??= await Lesson.create(gpu, state, { part: this.part })
    return this.#lesson
  }

  /** Gives the lesson the photos with strokes, and what is to be learned of them. */
  async #setPhotos(lesson: Lesson, learned?: ReadonlyMap<string, Uint8Array>): Promise<void> {
    for (const { photo, strokes } of this.#painted.all(this.#photos)) {
      const { name, image } = photo
      if (!this.#photos.has(name)) await lesson.setPhoto(name, image)
      this.#photos.add(name)
      await lesson.setLabels(name, learned?.get(name) ?? strokes.labels)
    }
  }

  async #adopt(lesson: Lesson): Promise<void> {
    await this.model.setModel(await lesson.model())
  }

  async #maskOf(lesson: Lesson, name: string): Promise<Uint8Array> {
    const map = await lesson.preview(name)
    try {
      return await maskBytes(lesson.gpu, map)
    } finally {
      lesson.gpu.release(map.mask)
    }
  }

  async #explained(error: unknown): Promise<unknown> {
    if (!(error instanceof DeviceLostError)) return error
    await this.end()
    return new Error('The GPU was lost during the training. The strokes are kept: train again.', {
      cause: error,
    })
  }
}
