// A network with its weights on a GPU, as far as both platforms have it.

import { checkClassNames, sameClasses } from '../data/class_names.ts'
import type { Image } from '../data/image.ts'
import { UserError } from '../errors.ts'
import { DeviceLostError } from '../gpu/errors.ts'
import type { Gpu } from '../gpu/gpu.ts'
import type { TunedConvolution, TuneOptions } from '../graph/tune/tune.ts'
import { BackgroundTuner } from '../inference/background_tuner.ts'
import { INFERENCE_OPTIONS, type InferenceOptions } from '../inference/inference_options.ts'
import { type PhotoSize, Segmenter } from '../inference/segmenter.ts'
import type { Tiled } from '../inference/tiled_map.ts'
import type { Precision } from '../kernels/layout.ts'
import { withAuxiliaryHead, withNewClassifier } from '../model/classifier.ts'
import type { DeepLabConfig } from '../model/config.ts'
import type { ChannelStatistics } from '../model/input_channels.ts'
import { samplesIn } from '../model/preprocessing.ts'
import { checkOption } from '../options.ts'
import { type Model, modelFiles } from './model_files.ts'
import { type OpenedModel, openTuned, type Platform } from './open_model.ts'
import { type SeedOptions, seedOf } from './open_options.ts'
import { mostPixels, pixelsOn, type Size, sizeWithin } from './pixels.ts'
import type { BatchWork, YieldedResult } from './segment_batches.ts'
import { eachCall, networkCall, optionsOfCall, segmentCall } from './segment_call.ts'
import {
  checkExplainOptions,
  checkTuneOptions,
  checkWarmUp,
  type EachPhotoOptions,
  type ManyPhotosOptions,
  type SegmentOptions,
  type TunePhotoOptions,
  type WarmUpOptions,
} from './segment_options.ts'
import type { Tuning } from './tuning.ts'

/** The base of `DeepLab` on either platform: it segments photos of type `Source` into results of type `Result`. */
export abstract class DeepLabBase<Source, Result> {
  readonly #platform: Platform<Source, Result>
  #gpu: Gpu
  readonly #ownsGpu: boolean
  readonly #recovers: boolean
  #tuning: Tuning
  readonly #background: BackgroundTuner | undefined
  readonly #precision: Precision | undefined
  #model: Model
  #segmenter: Segmenter
  #recovery: Promise<void> | undefined
  #disposal: Promise<void> | undefined

  /** @internal For `load` and `create`. */
  constructor(opened: OpenedModel, platform: Platform<Source, Result>) {
    this.#platform = platform
    this.#gpu = opened.gpu
    this.#ownsGpu = opened.ownsGpu
    this.#recovers = opened.recovers
    this.#precision = opened.precision
    this.#tuning = opened.tuning
    this.#background = opened.tune === 'background' ? new BackgroundTuner() : undefined
    this.#model = opened.model
    this.#segmenter = this.#newSegmenter()
  }

  /** The network: its backbone, head, rates and number of classes, with every default written out. */
  get config(): DeepLabConfig {
    return this.#model.config
  }

  /** By class id, as masks have them: `classNames[0]` is the name of the pixels that are 0. */
  get classNames(): readonly string[] {
    return this.#model.classNames
  }

  /** Another one after the GPU was lost. */
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

  /** Gives the classes new names, by class id, and changes no weight. Throws a UserError unless each class has a name of its own. */
  async renameClasses(names: readonly string[]): Promise<void> {
    const { length } = this.classNames
    if (names.length !== length)
      throw new UserError(`classes: expected ${length} names, as the model has classes; got ${names.length}`)
    checkClassNames(names, 'classes')
    await this.#adopt({ ...this.#model, classNames: [...names] })
  }

  /** Sets the longest edge, in pixels, to which `segment` scales a photo by default. */
  async setSize(size: number): Promise<void> {
    checkOption('size', size, INFERENCE_OPTIONS.size)
    return this.#adopt({ ...this.#model, preprocessing: { ...this.#model.preprocessing, size } })
  }

  /** Makes the network take images of 1 to 8 channels of their own: see `withInputChannels`. `channelStatistics` measures `statistics`. */
  async setInputChannels(channels: number, statistics?: ChannelStatistics): Promise<void> {
    const { withInputChannels } = await import('../model/input_channels.ts') // few programs need it
    await this.#adopt(withInputChannels(this.#model, channels, statistics))
  }

  /** Adds an untrained auxiliary head for training to a ResNet that has none, drawn from `seed` (default 0). Keeps all weights. */
  async addAuxiliaryHead(options: SeedOptions = {}): Promise<void> {
    return this.#adopt(withAuxiliaryHead(this.#model, { seed: seedOf(options) }))
  }

  /**
   * Replaces classes and weights by those of a model of the same backbone, such as what a `Lesson` taught. Throws a UserError if the
   * number of names differs from the number of classes.
   */
  async setModel(model: Model): Promise<void> {
    if (model.classNames.length !== model.config.classes)
      throw new UserError(`classes: expected ${model.config.classes} names; got ${model.classNames.length}`)
    await this.#adopt(model)
  }

  /** Replaces the weights, for example after training: every parameter by name, in the checkpoint's layout. */
  setParameters(parameters: Map<string, Float32Array>): Promise<void> {
    return this.#adopt({ ...this.#model, parameters })
  }

  /** The work of `segment` on either platform. */
  protected segmentAny(
    input: Source | readonly Source[],
    options: ManyPhotosOptions<Source>,
  ): Promise<Result | (Result | undefined)[]> {
    return segmentCall(input, options, () => this.#work(options))
  }

  /** The work of `segmentAll` on either platform. */
  protected segmentEach<From extends Source>(
    photos: Iterable<From> | AsyncIterable<From>,
    options: EachPhotoOptions<Source>,
  ): AsyncGenerator<YieldedResult<From, Result>, void, undefined> {
    return eachCall(photos, options, () => this.#work(options))
  }

  async #work(options: ManyPhotosOptions<never>): Promise<BatchWork<Source, Result>> {
    this.#throwIfDisposed()
    const own = await optionsOfCall(options, refined => this.#segmenter.check(refined))
    const { signal, tile } = own
    return {
      maxPixels: mostPixels(this.#gpu, own),
      read: (source, name) => this.#read(source, { name, signal, tile }),
      segment: (photos, onTile) => this.#segmentBatch(photos, { ...own, onTile }),
      isFatal: () => this.#disposal !== undefined,
    }
  }

  /**
   * Makes the model ready for photos of one or more sizes, at most four: compiles their kernels without blocking the thread, and
   * uploads the weights. A later `segment` of such a photo with the same options starts at once. `onProgress` counts kernels.
   * Throws a UserError as `segment` does, and the signal's reason if the signal is aborted.
   */
  async warmUp(sizes: Size | readonly Size[], options: WarmUpOptions = {}): Promise<void> {
    this.#throwIfDisposed()
    const { batchSize = 1, ...rest } = options
    const photos = checkWarmUp(sizes, options).map(original => {
      const { width, height } = sizeWithin(pixelsOn(this.#gpu), original)
      const photo = { width, height, originalWidth: original.width, originalHeight: original.height }
      return new Array<PhotoSize>(batchSize).fill(photo)
    })
    await this.#onGpu(segmenter => segmenter.warmUp(photos, rest))
  }

  /** @internal Runs work with the GPU and what segments on it. If the GPU is lost, the work runs once more, on another. */
  protected onGpu<T>(work: (gpu: Gpu, segmenter: Segmenter) => Promise<T>): Promise<T> {
    this.#throwIfDisposed()
    return this.#onGpu(segmenter => work(this.#gpu, segmenter))
  }

  /**
   * Describes how a photo would run: kernels, shapes, multiply-adds, memory. Allocates nothing on the GPU. Throws a UserError as
   * `segment` does.
   */
  async explain(photo: Source, options: InferenceOptions = {}): Promise<string> {
    this.#throwIfDisposed()
    checkExplainOptions(options)
    this.#segmenter.check(options)
    const { explain } = await import('../graph/plan/explain.ts') // loaded only when needed
    return explain(await this.#segmenter.plan([await this.#read(photo, { name: 'photo' })], options))
  }

  /**
   * Measures which kernels are fastest on this GPU for `batchSize` photos (default 1) of a photo's size, for at most `seconds`.
   * Keeps the result for this adapter, its driver and this version of the kernels: on disk in Node, in IndexedDB in browsers. Masks do
   * not depend on it, except for rounding. `onProgress` is called before each convolution. `signal` ends it early, and keeps what was measured by then; if
   * nothing was measured yet, the signal's reason is thrown. Throws a UserError as `segment` does.
   */
  async tune(photo: Source, options: TunePhotoOptions = {}): Promise<TunedConvolution[]> {
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

  /** The contents of model.safetensors and config.json, which `load` reads back, by name. */
  modelFiles(): Map<string, string | Uint8Array> {
    return modelFiles(this.#model)
  }

  /** Frees the model's memory on the GPU, and closes the GPU if the model opened it. Waits for work in progress. May be called twice. */
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
    await this.#recovery?.catch(() => undefined) // a call that waits for it reports why it failed
    await this.#segmenter.dispose()
    if (this.#ownsGpu) this.#gpu.destroy()
  }

  async #onGpu<T>(work: (segmenter: Segmenter) => Promise<T>): Promise<T> {
    const segmenter = this.#segmenter
    try {
      return await work(segmenter)
    } catch (error) {
      if (!(error instanceof DeviceLostError) || !this.#recovers || this.#disposal) throw error
      await this.#recover(segmenter)
      return work(this.#segmenter)
    }
  }

  /** Opens another device in place of the lost one. Calls that failed together share it. */
  async #recover(lost: Segmenter): Promise<void> {
    if (this.#segmenter !== lost) return
    this.#recovery ??= this.#reopen().finally(() => {
      this.#recovery = undefined
    })
    await this.#recovery
  }

  async #reopen(): Promise<void> {
    const before = { gpu: this.#gpu, segmenter: this.#segmenter }
    const { gpu, tuning } = await openTuned(this.#platform)
    this.#gpu = gpu
    this.#tuning = tuning
    this.#segmenter = this.#newSegmenter()
    await before.segmenter.dispose()
    before.gpu.destroy()
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

  async #segmentBatch(photos: Image[], options: SegmentOptions & Pick<Tiled, 'onTile'>): Promise<Result[]> {
    const maps = await this.#onGpu(segmenter => segmenter.segment(photos, options))
    this.#tuneLater(networkCall(photos, options))
    const onGpu = <T>(work: (gpu: Gpu) => Promise<T>) => this.onGpu(work)
    const names = { output: options.output ?? 'mask', classNames: this.classNames, onGpu }
    return maps.map((map, i) => this.#platform.result(photos[i], map, names))
  }

  #tuneLater({ sizes, options }: ReturnType<typeof networkCall>): void {
    this.#background?.start(JSON.stringify([sizes, options]), limits =>
      this.#tune(sizes, { ...options, ...limits, onlyNew: true }),
    )
  }

  async #tune(photos: PhotoSize[], options: TuneOptions & InferenceOptions): Promise<TunedConvolution[]> {
    const found = await this.#segmenter.tune(photos, options)
    if (found.length > 0) await this.#tuning.save()
    return found
  }

  #read(
    source: Source,
    { tile, ...options }: { name: string; signal?: AbortSignal; tile?: number },
  ): Promise<Image> {
    const channels = samplesIn(this.#model.preprocessing)
    return this.#platform.read(source, { ...options, channels, maxPixels: mostPixels(this.#gpu, { tile }) })
  }
}
