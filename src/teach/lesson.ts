// Teaches a network on a few photos with a few strokes. What the layers that do not learn make of a photo is computed once and stays
// on the GPU, so that a step runs only the layers that learn.

import { UserError } from '../errors.ts'
import type { Gpu } from '../gpu/gpu.ts'
import type { GpuClassMap, GpuPhoto, Photo } from '../inference/segmenter.ts'
import type { DeepLabConfig } from '../model/config.ts'
import type { NetworkPart } from '../model/parts.ts'
import { networkSize, type Preprocessing } from '../model/preprocessing.ts'
import { checkSignal } from '../options.ts'
import { checkLabels, padLabels } from '../train/micro_batches.ts'
import { polyLearningRate } from '../train/schedule.ts'
import { type KeptPhoto, PhotoKeeper } from './photo_keeper.ts'
import { resizeStrokes, strokeWeights } from './strokes.ts'
import { TrainedPart } from './trained_part.ts'

/** A model as a lesson takes and gives it: `modelFiles` writes it, and a Segmenter runs it. */
export interface LessonModel {
  config: DeepLabConfig
  classNames: string[]
  preprocessing: Preprocessing
  /** By name, in the checkpoint's layout. */
  parameters: Map<string, Float32Array>
}

export interface LessonOptions {
  /**
   * What learns: the last convolution alone, the head (ASPP and the last convolution), or the whole network. Batch norm always
   * keeps its running statistics. Default: head.
   */
  part?: NetworkPart
}

export interface LessonTraining {
  /** The number of updates; each is from one photo, and the photos take turns. */
  steps: number
  /** Of the first step; it falls to 0 over the steps. Default: by what learns. */
  learningRate?: number
  /** Ends the loop: it throws the signal's reason, and what was learned stays. */
  signal?: AbortSignal
}

export interface LessonStep {
  /** Counted from 1. */
  step: number
  /** The mean of the photos' last losses, each before an update. */
  loss: number
}

interface TaughtPhoto {
  kept: KeptPhoto
  /** At the size at which the network sees the photo. Undefined: no strokes yet. */
  strokes?: Uint8Array
  /** In this training. */
  loss?: number
}

/** The learning rate at which three strokes teach a class quickly, and at which nothing diverged: see bench/NOTES.md. */
const LEARNING_RATES: Record<NetworkPart, number> = { classifier: 0.1, head: 0.02, network: 0.005 }

/** Of the parameters before earlier trainings, which `undo` goes back to. */
const MOST_UNDO = 20
const MOST_UNDO_BYTES = 256 * 2 ** 20

/**
 * A lesson: photos with strokes, and the model as it has been taught so far. Calls wait for each other, so that photos and labels may
 * change and class maps may be asked for while `train` runs.
 */
export class Lesson {
  readonly #gpu: Gpu
  readonly #part: NetworkPart
  readonly #keeper: PhotoKeeper
  readonly #photos = new Map<string, TaughtPhoto>()
  /** With the parameters to which `reset` goes back. */
  #start: LessonModel
  #trained: TrainedPart
  #history: LessonModel[] = []
  #isTraining = false
  #running: Promise<unknown> = Promise.resolve()
  #disposal: Promise<void> | undefined

  static async create(gpu: Gpu, model: LessonModel, { part = 'head' }: LessonOptions = {}): Promise<Lesson> {
    const network = { config: model.config, preprocessing: model.preprocessing, part }
    const trained = await TrainedPart.create(gpu, network, model.parameters)
    return new Lesson(gpu, {
      part,
      start: model,
      trained,
      keeper: new PhotoKeeper(gpu, network, model.parameters),
    })
  }

  private constructor(
    gpu: Gpu,
    parts: { part: NetworkPart; start: LessonModel; trained: TrainedPart; keeper: PhotoKeeper },
  ) {
    this.#gpu = gpu
    this.#part = parts.part
    this.#start = parts.start
    this.#trained = parts.trained
    this.#keeper = parts.keeper
  }

  get config(): DeepLabConfig {
    return this.#start.config
  }

  get classNames(): readonly string[] {
    return this.#start.classNames
  }

  /** How many times `undo` can go back. */
  get undoable(): number {
    return this.#history.length
  }

  /**
   * Adds a photo without labels under a name, or puts it in the place of the photo of that name. Throws the signal's reason between two
   * submits.
   */
  setPhoto(name: string, photo: Photo | GpuPhoto, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    return this.#exclusively(async () => {
      const kept = await this.#keeper.keep(photo, signal)
      const before = this.#photos.get(name)
      this.#photos.set(name, { kept })
      if (before) await this.#free(before)
    })
  }

  /** Forgets a photo and its labels. */
  removePhoto(name: string): Promise<void> {
    return this.#exclusively(async () => {
      const photo = this.#photo(name)
      this.#photos.delete(name)
      await this.#free(photo)
    })
  }

  /**
   * The labels of a photo from the next step on: originalHeight · originalWidth class ids, and 255 for all pixels without a stroke.
   * Throws a UserError for labels of another size or of no class.
   */
  setLabels(name: string, labels: Uint8Array): Promise<void> {
    return this.#exclusively(async () => {
      const photo = this.#photo(name)
      const { originalWidth: width, originalHeight: height } = photo.kept.photo
      if (labels.length !== width * height)
        throw new UserError(
          `labels of ${name}: expected a byte for each of ${width}×${height} pixels, got ${labels.length} bytes`,
        )
      checkLabels(labels, this.config.classes)
      const size = networkSize(photo.kept.photo, this.#start.preprocessing)
      photo.strokes = resizeStrokes(labels, { width, height }, size)
    })
  }

  /**
   * Learns from the strokes: `for await (const { step, loss } of lesson.train({ steps: 60 })) …`. `break` and the signal end it after
   * a step or before one. Throws a UserError if no photo has a stroke, and for a loss that is not a number; then the parameters are
   * those from before the training.
   */
  async *train({ steps, learningRate, signal }: LessonTraining): AsyncGenerator<LessonStep, void, void> {
    checkSignal(signal)
    this.#throwIfTraining()
    this.#isTraining = true
    const base = learningRate ?? LEARNING_RATES[this.#part]
    let [step, hasBegun] = [0, false]
    try {
      await this.#exclusively(() => this.#begin())
      hasBegun = true
      while (step < steps) {
        const rate = polyLearningRate(base, step, steps)
        const loss = await this.#exclusively(() => this.#step(step, rate, signal))
        step++
        yield { step, loss }
        signal?.throwIfAborted()
      }
    } finally {
      this.#isTraining = false
      if (hasBegun && step === 0) this.#history.pop()
    }
  }

  /** The class map of a photo by the parameters as they are now, from what is kept of it. It has the size of the photo's labels. */
  preview(name: string, { into }: { into?: GPUBuffer } = {}): Promise<GpuClassMap> {
    return this.#exclusively(() => this.#trained.preview(this.#photo(name).kept, into))
  }

  /** The model with the parameters as they are now. */
  model(): Promise<LessonModel> {
    return this.#exclusively(() => this.#model())
  }

  /** Goes back to the parameters from before the last training, or from before `reset`. Returns whether there are any. */
  undo(): Promise<boolean> {
    return this.#exclusively(async () => {
      this.#throwIfTraining()
      const before = this.#history.pop()
      if (before) this.#trained.restart(before.parameters)
      return before !== undefined
    })
  }

  /** Goes back to the parameters from before all training. */
  reset(): Promise<void> {
    return this.#exclusively(async () => {
      this.#throwIfTraining()
      await this.#remember()
      this.#trained.restart(this.#start.parameters)
    })
  }

  /**
   * Adds, removes or renames classes: `lesson.changeClasses(model => withAddedClass(model, 'cup'))`. What was learned stays, and so do
   * the photos. `undo` and `reset` keep the new classes. Labels keep their ids: set them again if ids have changed.
   */
  changeClasses(change: (model: LessonModel) => LessonModel): Promise<void> {
    return this.#exclusively(async () => {
      this.#throwIfTraining()
      const now = change(await this.#model())
      const [start, history] = [change(this.#start), this.#history.map(change)]
      const network = { config: now.config, preprocessing: now.preprocessing, part: this.#part }
      const trained = await TrainedPart.create(this.#gpu, network, now.parameters)
      await this.#trained.destroy()
      this.#trained = trained
      this.#start = start
      this.#history = history
    })
  }

  /** Frees all memory on the GPU. Waits for the calls before it. Later calls, and the next step of `train`, throw a UserError. */
  dispose(): Promise<void> {
    this.#disposal ??= this.#exclusively(async () => {
      for (const { kept } of this.#photos.values()) this.#gpu.release(kept.buffer)
      await this.#trained.destroy()
      await this.#keeper.destroy()
    })
    return this.#disposal
  }

  async #begin(): Promise<void> {
    this.#withStrokes()
    await this.#remember()
    for (const photo of this.#photos.values()) photo.loss = undefined
    this.#trained.restart(this.#history.at(-1)!.parameters)
  }

  async #step(index: number, learningRate: number, signal?: AbortSignal): Promise<number> {
    const taught = this.#withStrokes()
    const { photo, strokes, classWeights } = taught[index % taught.length]
    checkLabels(strokes, this.config.classes)
    const inputs = { kept: photo.kept, labels: padLabels(strokes, 1), classWeights }
    try {
      photo.loss = await this.#trained.step(inputs, { learningRate, signal })
    } catch (error) {
      if (error instanceof UserError) this.#trained.restart(this.#history.at(-1)!.parameters)
      throw error
    }
    const losses = taught.flatMap(({ photo: { loss } }) => loss ?? [])
    return losses.reduce((sum, loss) => sum + loss) / losses.length
  }

  #withStrokes() {
    const taught = [...this.#photos.values()].flatMap(photo => {
      const { strokes } = photo
      const classWeights = strokes && strokeWeights(strokes, this.config.classes)
      return strokes && classWeights ? [{ photo, strokes, classWeights }] : []
    })
    if (taught.length === 0) throw new UserError('there is nothing to learn: paint a stroke first')
    return taught
  }

  async #model(): Promise<LessonModel> {
    const learned = await this.#trained.read()
    return { ...this.#start, parameters: new Map([...this.#start.parameters, ...learned]) }
  }

  async #remember(): Promise<void> {
    const learned = await this.#trained.read()
    const bytes = [...learned.values()].reduce((sum, { byteLength }) => sum + byteLength, 0)
    const most = Math.max(1, Math.min(MOST_UNDO, Math.floor(MOST_UNDO_BYTES / bytes)))
    const parameters = new Map([...this.#start.parameters, ...learned])
    this.#history = [...this.#history, { ...this.#start, parameters }].slice(-most)
  }

  /** Of a photo that is no longer in the lesson. */
  async #free(photo: TaughtPhoto): Promise<void> {
    await this.#trained.keepFor([...this.#photos.values()].map(({ kept }) => kept))
    this.#gpu.release(photo.kept.buffer)
  }

  #photo(name: string): TaughtPhoto {
    const photo = this.#photos.get(name)
    if (!photo) throw new UserError(`there is no photo "${name}" in this lesson`)
    return photo
  }

  #throwIfTraining(): void {
    if (this.#isTraining) throw new UserError('a training is under way: end it first')
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    if (this.#disposal) return Promise.reject(new UserError('this lesson was disposed of: begin a new one'))
    const result = this.#running.then(work)
    this.#running = result.catch(() => undefined)
    return result
  }
}
