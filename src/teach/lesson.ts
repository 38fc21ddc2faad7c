// Teaches a network on a few photos with a few strokes. What the layers that do not learn make of a photo is computed once and stays
// on the GPU, so that a step runs only the layers that learn.

import { Mutex } from '../concurrency.ts'
import { labelWithout } from '../data/dataset.ts'
import { UserError } from '../errors.ts'
import type { Gpu } from '../gpu/gpu.ts'
import type { GpuClassMap, GpuPhoto, Photo } from '../inference/segmenter.ts'
import { withAddedClass, withoutClass, withRenamedClass } from '../model/classifier.ts'
import type { DeepLabConfig } from '../model/config.ts'
import type { NetworkPart } from '../model/parts.ts'
import { checkOptionValues, SIGNAL } from '../options.ts'
import { polyLearningRate } from '../train/schedule.ts'
import { History } from './history.ts'
import { type LessonNetwork, labelSize } from './lesson_graphs.ts'
import type { LessonModel, LessonOptions, LessonStep, LessonTraining } from './lesson_options.ts'
import { type KeptPhoto, PhotoKeeper } from './photo_keeper.ts'
import type { Rehearsal } from './rehearsal.ts'
import { TaughtPhotos } from './taught_photos.ts'
import { TrainedPart } from './trained_part.ts'

interface Parts {
  network: LessonNetwork
  keeper: PhotoKeeper
  trained: TrainedPart
  start: LessonModel
}

type Defaults = Record<NetworkPart, Rehearsal & { learningRate: number }>

/** With these, three strokes teach a class in few steps, the network keeps its classes, and nothing diverged: see bench/NOTES.md. */
const DEFAULTS: Defaults = {
  classifier: { learningRate: 0.01, rehearsal: 4, oldWeight: 0.2 },
  head: { learningRate: 0.01, rehearsal: 4, oldWeight: 0.2 },
  network: { learningRate: 0.0015, rehearsal: 4, oldWeight: 0.2 },
}
/** A decoder's features are of edges more than of things. Its classifier learns slowly from them. */
const DECODER_DEFAULTS: Defaults = {
  classifier: { learningRate: 0.8, rehearsal: 3, oldWeight: 0.2 },
  head: { learningRate: 0.065, rehearsal: 3.5, oldWeight: 0.05, oldWeightAlone: 0.22 },
  network: { learningRate: 0.02, rehearsal: 4, oldWeight: 0.2 },
}

const defaultsOf = (config: DeepLabConfig, part: NetworkPart): Defaults[NetworkPart] =>
  ('decoder' in config && config.decoder ? DECODER_DEFAULTS : DEFAULTS)[part]

/**
 * Photos with strokes, and the model as it has been taught so far. Calls wait for each other, so that photos and labels may change
 * and class maps may be asked for while `train` runs.
 */
export class Lesson {
  readonly #gpu: Gpu
  /** `start` has the parameters to which `reset` goes back. */
  readonly #parts: Parts
  readonly #photos = new TaughtPhotos()
  readonly #history = new History()
  #isTraining = false
  readonly #lock = new Mutex()
  #disposal: Promise<void> | undefined

  /** Throws a UserError if the GPU is too small. The model's parameters stay as they are. */
  static async create(gpu: Gpu, model: LessonModel, options: LessonOptions = {}): Promise<Lesson> {
    const { part = 'head' } = options
    const defaults = defaultsOf(model.config, part)
    const { rehearsal = defaults.rehearsal } = options
    if (!(rehearsal >= 0 && rehearsal < Infinity))
      throw new UserError(`rehearsal: expected a number from 0 up, got ${rehearsal}`)
    const { config, preprocessing } = model
    const network = { config, preprocessing, part, rehearsal: { ...defaults, rehearsal } }
    const trained = await TrainedPart.create(gpu, network, model.parameters)
    const keeper = new PhotoKeeper(gpu, network, model.parameters)
    return new Lesson(gpu, { network, keeper, trained, start: model })
  }

  private constructor(gpu: Gpu, parts: Parts) {
    this.#gpu = gpu
    this.#parts = parts
  }

  get gpu(): Gpu {
    return this.#gpu
  }

  get config(): DeepLabConfig {
    return this.#parts.start.config
  }

  get classNames(): readonly string[] {
    return this.#parts.start.classNames
  }

  /** How many times `undo` can go back. */
  get undoable(): number {
    return this.#history.length
  }

  /**
   * Adds a photo without strokes under a name, or puts it in the place of the photo of that name. Throws the signal's reason between
   * two submits.
   */
  setPhoto(name: string, photo: Photo | GpuPhoto, { signal }: { signal?: AbortSignal } = {}): Promise<void> {
    return this.#exclusively(async () => {
      const kept = await this.#parts.keeper.keep(photo, signal)
      const before = this.#photos.set(name, kept)
      if (before) await this.#free(before)
    })
  }

  /** Forgets a photo and its strokes. */
  removePhoto(name: string): Promise<void> {
    return this.#exclusively(() => this.#free(this.#photos.delete(name)))
  }

  /**
   * The labels of a photo from the next step on: originalHeight · originalWidth class ids, and 255 for each pixel without a stroke.
   * Throws a UserError for labels of another size or of no class.
   */
  setLabels(name: string, labels: Uint8Array): Promise<void> {
    return this.#exclusively(async () => {
      const { photo } = this.#photos.get(name).kept
      const size = labelSize(photo, this.#parts.start.preprocessing)
      this.#photos.paint(name, labels, { classes: this.config.classes, size })
    })
  }

  /**
   * Learns from the strokes: `for await (const { step, loss } of lesson.train({ steps: 40 })) …`. `break` and the signal end it between
   * two updates. Throws a UserError if no photo has a stroke, and for a loss that is not a number; then the parameters are those from
   * before the training.
   */
  async *train({ steps, learningRate, signal }: LessonTraining): AsyncGenerator<LessonStep, void, void> {
    checkOptionValues({ signal }, { signal: SIGNAL })
    signal?.throwIfAborted()
    this.#throwIfTraining()
    this.#isTraining = true
    const base = learningRate ?? defaultsOf(this.config, this.#parts.network.part).learningRate
    let step = 0
    try {
      const before = await this.#exclusively(() => this.#begin())
      while (step < steps) {
        const rate = polyLearningRate(base, step, steps)
        const loss = await this.#exclusively(() => this.#step(step, rate, { signal, before }))
        if (step === 0) this.#history.push(before, before.learned)
        step++
        yield { step, loss }
        signal?.throwIfAborted()
      }
    } finally {
      this.#isTraining = false
    }
  }

  /**
   * The class map of a photo by the parameters as they are now, computed from what is kept of it. It has the size of the photo's labels.
   * Resolves when the work is submitted. A new buffer is the caller's to release by `Gpu.release`.
   */
  preview(name: string, { into }: { into?: GPUBuffer } = {}): Promise<GpuClassMap> {
    return this.#exclusively(() => this.#parts.trained.preview(this.#photos.get(name).kept, into))
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
      if (before) this.#parts.trained.restart(before.parameters)
      return before !== undefined
    })
  }

  /** Goes back to the parameters from before all training. */
  reset(): Promise<void> {
    return this.#exclusively(async () => {
      this.#throwIfTraining()
      const before = await this.#model()
      this.#history.push(before, before.learned)
      this.#parts.trained.restart(this.#parts.start.parameters)
    })
  }

  /** Adds a class, which gets the last id: see `withAddedClass`. `undo` and `reset` keep it. Throws a UserError for a wrong name. */
  addClass(name: string): Promise<void> {
    return this.#changeClasses(model => withAddedClass(model, name))
  }

  /** Removes a class. The ids above it become smaller by one, those of strokes, too; strokes of this class vanish. */
  removeClass(id: number): Promise<void> {
    return this.#changeClasses(
      model => withoutClass(model, id),
      old => labelWithout(old, id),
    )
  }

  /** Gives a class another name. */
  renameClass(id: number, name: string): Promise<void> {
    return this.#changeClasses(model => withRenamedClass(model, id, name))
  }

  /** Frees all memory on the GPU. Waits for the calls before it. Later calls, and the next step of `train`, throw a UserError. */
  dispose(): Promise<void> {
    this.#disposal ??= this.#exclusively(async () => {
      for (const { buffers } of this.#photos.kept) for (const buffer of buffers) this.#gpu.release(buffer)
      await this.#parts.trained.destroy()
      await this.#parts.keeper.destroy()
    })
    return this.#disposal
  }

  async #begin() {
    this.#photos.withStrokes()
    const before = await this.#model()
    this.#photos.forgetLosses()
    this.#parts.trained.restart(before.parameters)
    return before
  }

  async #step(
    index: number,
    learningRate: number,
    { signal, before }: { signal?: AbortSignal; before: LessonModel },
  ): Promise<number> {
    const { trained, network } = this.#parts
    const taught = this.#photos.withStrokes()
    const photo = taught[index % taught.length]
    const { kept } = photo
    const inputs = this.#photos.inputsOf(photo, network)
    try {
      photo.loss = await trained.step({ kept, inputs }, { learningRate, signal })
    } catch (error) {
      if (error instanceof UserError) trained.restart(before.parameters)
      throw error
    }
    const losses = taught.flatMap(({ loss }) => loss ?? [])
    return losses.reduce((sum, loss) => sum + loss) / losses.length
  }

  /** Parameters that learned have arrays of their own in `learned`. */
  async #model(): Promise<LessonModel & { learned: Map<string, Float32Array> }> {
    const { start, trained } = this.#parts
    const learned = await trained.read()
    return { ...start, parameters: new Map([...start.parameters, ...learned]), learned }
  }

  /** The learned weights stay, and the maps that are kept of the photos. */
  #changeClasses(
    change: (model: LessonModel) => LessonModel,
    newId: (old: number) => number = old => old,
  ): Promise<void> {
    return this.#exclusively(async () => {
      this.#throwIfTraining()
      const [{ config, preprocessing, parameters }, start] = [
        change(await this.#model()),
        change(this.#parts.start),
      ]
      const network = { ...this.#parts.network, config, preprocessing }
      const trained = await TrainedPart.create(this.#gpu, network, parameters)
      await this.#parts.trained.destroy()
      Object.assign(this.#parts, { trained, start, network })
      this.#history.edit(change)
      this.#photos.renumber(newId)
    })
  }

  /** Frees what was kept of a photo that is no longer in the lesson. */
  async #free({ buffers }: KeptPhoto): Promise<void> {
    await this.#parts.trained.keepFor(this.#photos.kept)
    for (const buffer of buffers) this.#gpu.release(buffer)
  }

  #throwIfTraining(): void {
    if (this.#isTraining) throw new UserError('a training is under way: end it first')
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    if (this.#disposal) return Promise.reject(new UserError('this lesson was disposed of: begin a new one'))
    return this.#lock.run(work)
  }
}
