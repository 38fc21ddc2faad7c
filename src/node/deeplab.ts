// The main class of the library in Node.

import { checkClassNames, sameClasses } from '../data/class_names.ts'
import type { Image } from '../data/image.ts'
import { UserError } from '../errors.ts'
import type { Gpu } from '../gpu/gpu.ts'
import { explain } from '../graph/plan/explain.ts'
import type { TunedConvolution, TuneOptions } from '../graph/tune/tune.ts'
import { BackgroundTuner } from '../inference/background_tuner.ts'
import type { SegmentOutput } from '../inference/class_map.ts'
import { checkSize, type InferenceOptions } from '../inference/inference_options.ts'
import { type PhotoSize, Segmenter } from '../inference/segmenter.ts'
import type { Precision } from '../kernels/layout.ts'
import { withAuxiliaryHead, withNewClassifier } from '../model/classifier.ts'
import { type DeepLabConfig, type DeepLabOptions, deepLabConfig } from '../model/config.ts'
import { shown } from '../options.ts'
import { openGpu } from './gpu/dawn.ts'
import { pixelsOn } from './images/image.ts'
import { type ImageSource, readSource, type UrlLike } from './images/image_source.ts'
import { type Model, readModel, untrainedModel, writeModel } from './model_files.ts'
import {
  type CreateOptions,
  checkCreateOptions,
  checkLoadOptions,
  type LoadOptions,
  type OpenOptions,
  type SeedOptions,
  seedOf,
  weightsText,
} from './open_options.ts'
import { segmentBatches } from './segment_batches.ts'
import {
  checkExplainOptions,
  checkSegmentOptions,
  checkTuneOptions,
  type SegmentManyOptions,
  type SegmentOptions,
  type TunePhotoOptions,
} from './segment_options.ts'
import { Segmentation } from './segmentation.ts'
import { openTuning, type Tuning } from './tuning.ts'
import { findWeights } from './weights.ts'

export type { OpenOptions }

/** A network with its weights, ready to segment photos on a GPU. */
export class DeepLab {
  readonly #gpu: Gpu
  readonly #ownsGpu: boolean
  readonly #tuning: Tuning
  readonly #background: BackgroundTuner | undefined
  readonly #precision: Precision | undefined
  #model: Model
  #segmenter: Segmenter
  #disposal: Promise<void> | undefined

  /**
   * Loads a trained model: a shipped or registry name, a path (checkpoint file or folder) or a URL, as text or as a URL object.
   * Throws a UserError if it is not found or holds another network, if an option is invalid, or if the GPU does not support the
   * precision; NoAdapterError if there is no GPU; and the signal's reason if the signal is aborted.
   */
  static async load(nameOrPath: string | UrlLike, options: LoadOptions = {}): Promise<DeepLab> {
    checkLoadOptions(options)
    const model = readModel(await findWeights(weightsText(nameOrPath), options))
    options.signal?.throwIfAborted()
    return DeepLab.#open(model, options)
  }

  /** Creates an untrained network with weights drawn from a seed. Throws a UserError for an invalid network or option. */
  static async create(network: DeepLabOptions, options: CreateOptions = {}): Promise<DeepLab> {
    checkCreateOptions(options)
    if (typeof network !== 'object' || network === null)
      throw new UserError(
        `network: expected an object such as { backbone: 'resnet50' }, got ${shown(network)}`,
      )
    return DeepLab.#open(untrainedModel(deepLabConfig(network), options), options)
  }

  static async #open(model: Model, { gpu: given, precision, tune }: OpenOptions): Promise<DeepLab> {
    const gpu = given ?? (await openGpu())
    try {
      const tuning = await openTuning(gpu)
      const ownsGpu = !given
      return new DeepLab(model, { gpu, ownsGpu, precision, tuning, tune: tune ?? defaultTuning(gpu) })
    } catch (error) {
      if (!given) gpu.destroy()
      throw error
    }
  }

  private constructor(
    model: Model,
    parts: {
      gpu: Gpu
      ownsGpu: boolean
      precision?: Precision
      tuning: Tuning
      tune: 'background' | 'off'
    },
  ) {
    this.#gpu = parts.gpu
    this.#ownsGpu = parts.ownsGpu
    this.#precision = parts.precision
    this.#tuning = parts.tuning
    this.#background = parts.tune === 'background' ? new BackgroundTuner() : undefined
    this.#model = model
    this.#segmenter = this.#newSegmenter()
  }

  get config(): DeepLabConfig {
    return this.#model.config
  }

  get classNames(): readonly string[] {
    return this.#model.classNames
  }

  get gpu(): Gpu {
    return this.#gpu
  }

  /** The network, its weights and their description, as `save` writes them. */
  get state(): Readonly<Model> {
    return this.#model
  }

  /**
   * Sets the classes that the network predicts. If the names differ from the present ones, even at the same number of classes,
   * the network gets an untrained classifier for them, drawn from `seed` (default 0), and keeps all other weights.
   * `renameClasses` changes names and keeps the classifier. Returns whether the classifier is new.
   */
  async setClasses(names: readonly string[], options: SeedOptions = {}): Promise<boolean> {
    const seed = seedOf(options)
    const isNew = !sameClasses(this.classNames, names)
    const model = isNew ? withNewClassifier(this.#model, { classes: names.length, seed }) : this.#model
    await this.#adopt({ ...model, classNames: [...names] })
    return isNew
  }

  /**
   * Gives the classes new names, by class id, and changes no weight. Throws a UserError if the number of names differs from the
   * number of classes, or if two names are the same.
   */
  async renameClasses(names: readonly string[]): Promise<void> {
    const { length } = this.classNames
    if (names.length !== length)
      throw new UserError(`classes: expected ${length} names, as the model has classes; got ${names.length}`)
    checkClassNames(names, 'classes')
    await this.#adopt({ ...this.#model, classNames: [...names] })
  }

  /** Sets the longest edge, in pixels, to which `segment` scales a photo by default. */
  async setSize(size: number): Promise<void> {
    checkSize(size)
    return this.#adopt({ ...this.#model, preprocessing: { ...this.#model.preprocessing, size } })
  }

  /**
   * Adds an untrained auxiliary head for training to a ResNet that has none, drawn from `seed` (default 0). Keeps all weights.
   */
  async addAuxiliaryHead(options: SeedOptions = {}): Promise<void> {
    return this.#adopt(withAuxiliaryHead(this.#model, { seed: seedOf(options) }))
  }

  /** Replaces the weights, for example after training: every parameter by name, in the checkpoint's layout. */
  setParameters(parameters: Map<string, Float32Array>): Promise<void> {
    return this.#adopt({ ...this.#model, parameters })
  }

  /**
   * Segments a photo: a class for each pixel, and probabilities or logits if `output` asks for them. Throws a UserError if the
   * photo cannot be read, if an option is invalid, or if the GPU is too small; DeviceLostError if the GPU is lost; and the
   * signal's reason if the signal is aborted.
   */
  segment<Output extends SegmentOutput = 'mask'>(
    photo: ImageSource,
    options?: SegmentOptions<Output>,
  ): Promise<Segmentation<Output>>
  /**
   * Segments several photos. Consecutive photos of one size run in batches. With `onError`, a photo that fails gives undefined in
   * the result.
   */
  segment<Output extends SegmentOutput = 'mask'>(
    photos: readonly ImageSource[],
    options: SegmentManyOptions<Output> & Required<Pick<SegmentManyOptions, 'onError'>>,
  ): Promise<(Segmentation<Output> | undefined)[]>
  segment<Output extends SegmentOutput = 'mask'>(
    photos: readonly ImageSource[],
    options?: SegmentOptions<Output>,
  ): Promise<Segmentation<Output>[]>
  async segment(input: ImageSource | readonly ImageSource[], options: SegmentManyOptions = {}) {
    this.#throwIfDisposed()
    checkSegmentOptions(options, Array.isArray(input))
    const { batchSize, signal, onProgress, onError, ...rest } = options
    this.#segmenter.check(rest)
    const work = {
      maxPixels: pixelsOn(this.#gpu),
      read: (source: ImageSource, name: string) => this.#read(source, { name, signal }),
      segment: (photos: Image[]) => this.#segmentBatch(photos, { ...rest, signal }),
      isFatal: () => this.#disposal !== undefined,
    }
    if (Array.isArray(input))
      return segmentBatches([...input], { batchSize, signal, onProgress, onError }, work)
    const [found] = await work.segment([await work.read(input as ImageSource, 'photo')])
    onProgress?.({ done: 1, total: 1 })
    return found
  }

  /**
   * Describes how a photo would run: kernels, shapes, multiply-adds, memory. Allocates nothing on the GPU. Throws a UserError as
   * `segment` does.
   */
  async explain(photo: ImageSource, options: InferenceOptions = {}): Promise<string> {
    this.#throwIfDisposed()
    checkExplainOptions(options)
    this.#segmenter.check(options)
    return explain(this.#segmenter.plan([await this.#read(photo, { name: 'photo' })], options))
  }

  /**
   * Measures which kernels are fastest on this GPU for `batchSize` photos (default 1) of a photo's size, for at most `seconds`.
   * Keeps the result on disk for this adapter, its driver and this version of the kernels. Masks do not depend on it, except for
   * rounding. `onProgress` is called before each convolution. `signal` ends it early, and keeps what was measured by then; if
   * nothing was measured yet, the signal's reason is thrown. Throws a UserError as `segment` does.
   */
  async tune(photo: ImageSource, options: TunePhotoOptions = {}): Promise<TunedConvolution[]> {
    this.#throwIfDisposed()
    checkTuneOptions(options)
    const { batchSize = 1, seconds, signal, onProgress, onlyNew, ...inference } = options
    this.#segmenter.check(inference)
    const image = await this.#read(photo, { name: 'photo', signal })
    const limits = { seconds, signal, onProgress, onlyNew }
    return this.#tune(new Array(batchSize).fill(image), { ...inference, ...limits })
  }

  /**
   * Stops tuning in the background permanently. Training calls this: the two would slow each other, and distort the measurements.
   */
  async stopTuning(): Promise<void> {
    await this.#background?.stop()
  }

  /** Writes model.safetensors and config.json, which `load` reads back. */
  save(folder: string): Promise<void> {
    return writeModel(folder, this.#model)
  }

  /**
   * Frees the model's memory on the GPU, and closes the GPU if the model opened it. Waits for work in progress. Later calls do
   * nothing. The model cannot segment photos afterwards.
   */
  dispose(): Promise<void> {
    this.#disposal ??= this.#free()
    return this.#disposal
  }

  /** `await using model = await DeepLab.load(…)` disposes of the model at the end of the block. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose()
  }

  async #free(): Promise<void> {
    await this.stopTuning()
    await this.#segmenter.dispose()
    if (this.#ownsGpu) this.#gpu.destroy()
  }

  #throwIfDisposed(): void {
    if (this.#disposal) throw new UserError('this model was disposed of: load it again')
  }

  #newSegmenter(): Segmenter {
    return new Segmenter(this.#gpu, { ...this.#model, precision: this.#precision }, this.#tuning.variants)
  }

  async #adopt(model: Model): Promise<void> {
    this.#throwIfDisposed()
    const before = this.#segmenter
    this.#model = model
    this.#segmenter = this.#newSegmenter()
    await before.dispose()
  }

  async #segmentBatch(photos: Image[], options: SegmentOptions): Promise<Segmentation[]> {
    const maps = await this.#segmenter.segment(photos, options)
    const { output = 'mask', at: _, signal: __, ...inference } = options
    this.#tuneLater(photos, inference)
    return maps.map((map, i) => new Segmentation(photos[i], map, { output, classNames: this.classNames }))
  }

  #tuneLater(photos: Image[], options: InferenceOptions): void {
    const sizes = photos.map(({ data: _, ...size }) => size)
    this.#background?.start(JSON.stringify([sizes, options]), limits =>
      this.#tune(sizes, { ...options, ...limits, onlyNew: true }),
    )
  }

  async #tune(photos: PhotoSize[], options: TuneOptions & InferenceOptions): Promise<TunedConvolution[]> {
    const found = await this.#segmenter.tune(photos, options)
    if (found.length > 0) await this.#tuning.save()
    return found
  }

  #read(source: ImageSource, options: { name: string; signal?: AbortSignal }): Promise<Image> {
    return readSource(source, { ...options, maxPixels: pixelsOn(this.#gpu) })
  }
}

const defaultTuning = (gpu: Gpu) => (gpu.isCpu || process.env.CI ? ('off' as const) : ('background' as const))
