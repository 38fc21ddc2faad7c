// The library's front door in Node.

import { checkClassNames, sameClasses } from '../data/class_names.ts'
import type { Image } from '../data/image.ts'
import { UserError } from '../errors.ts'
import type { Gpu } from '../gpu/gpu.ts'
import { explain } from '../graph/explain.ts'
import type { TunedConvolution, TuneOptions } from '../graph/tune.ts'
import type { Precision } from '../kernels/layout.ts'
import { BackgroundTuner } from '../model/background_tuner.ts'
import { withAuxiliaryHead, withNewClassifier } from '../model/classifier.ts'
import { type DeepLabConfig, type DeepLabOptions, deepLabConfig } from '../model/config.ts'
import { type InferenceOptions, type PhotoSize, Segmenter } from '../model/segmenter.ts'
import { openGpu } from './dawn.ts'
import { pixelsOn, readImage } from './image.ts'
import { type Model, readModel, untrainedModel, writeModel } from './model_files.ts'
import { Segmentation } from './segmentation.ts'
import { openTuning, type Tuning } from './tuning.ts'
import { findWeights, type WeightsOptions } from './weights.ts'

export interface OpenOptions {
  /** A GPU to share. Default: one of the model's own, which `dispose` closes. */
  gpu?: Gpu
  /**
   * Whether to measure which kernels are fastest, once photos of a new size were segmented: between calls, which it delays by
   * a measurement at most, for 10 s in all. What is found is kept on disk, and used by later calls; masks do not depend on it but
   * for rounding. Default: 'background', but 'off' on software adapters, whose work would take the cores from yours, and where
   * $CI is set. See `DeepLab.tune`.
   */
  tune?: 'background' | 'off'
  /**
   * How activations and weights are stored to segment photos. fp16 takes half the memory and computes in fp32 all the same; it needs a
   * GPU with `shader-f16`, and activations beyond 65504 become infinite there. Training is in fp32 whatever it is. Default: fp32.
   */
  precision?: Precision
}

export interface SegmentOptions extends InferenceOptions {
  /** Most photos of one size to run at once, of an array of them. Default 4. */
  batchSize?: number
}

/** An encoded photo (path or bytes), or a decoded one. */
export type ImageSource = string | Uint8Array | Image

export class DeepLab {
  readonly #gpu: Gpu
  readonly #ownsGpu: boolean
  readonly #tuning: Tuning
  readonly #background: BackgroundTuner | undefined
  readonly #precision: Precision | undefined
  #model: Model
  #segmenter: Segmenter

  /**
   * A trained model: a shipped or registry name, a path (checkpoint file or folder) or a URL.
   * Throws a UserError where it is not found, of another network, or the GPU lacks the precision, NoAdapterError where there is none.
   */
  static async load(nameOrPath: string, options: OpenOptions & WeightsOptions = {}): Promise<DeepLab> {
    return DeepLab.#open(readModel(await findWeights(nameOrPath, options)), options)
  }

  /**
   * An untrained network, its weights drawn from `seed` (default 0), that sees photos with the longest edge at `size` pixels (default
   * 513). Throws a UserError for a config that makes no sense.
   */
  static async create(
    network: DeepLabOptions,
    options: OpenOptions & { seed?: number; size?: number } = {},
  ): Promise<DeepLab> {
    return DeepLab.#open(untrainedModel(deepLabConfig(network), options), options)
  }

  static async #open(model: Model, { gpu: given, precision, tune }: OpenOptions): Promise<DeepLab> {
    if (tune !== undefined && tune !== 'background' && tune !== 'off')
      throw new UserError(`tune: expected background or off, got ${tune}`)
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

  /** The network, its weights and what belongs to them, as `save` writes them. */
  get state(): Readonly<Model> {
    return this.#model
  }

  /**
   * Sets the classes that the network is to tell apart. Where it has other classes, it gets an untrained classifier for these,
   * drawn from `seed` (default 0), and keeps all other weights. That is so for as many classes of other names, too: a class of
   * another name is another class. `renameClasses` keeps the classifier. Returns whether the classifier is new.
   */
  async setClasses(names: readonly string[], { seed = 0 }: { seed?: number } = {}): Promise<boolean> {
    const isNew = !sameClasses(this.classNames, names)
    const model = isNew ? withNewClassifier(this.#model, { classes: names.length, seed }) : this.#model
    await this.#adopt({ ...model, classNames: [...names] })
    return isNew
  }

  /**
   * Gives the classes other names, by class id, and changes no weight. Throws a UserError where there are more or fewer names
   * than classes, or where two classes would have one name.
   */
  async renameClasses(names: readonly string[]): Promise<void> {
    const { length } = this.classNames
    if (names.length !== length)
      throw new UserError(`classes: expected ${length} names, as the model has classes; got ${names.length}`)
    checkClassNames(names, 'classes')
    await this.#adopt({ ...this.#model, classNames: [...names] })
  }

  /** Sets the length in pixels of the edge at which the network sees a photo, where `segment` is not told another. */
  setSize(size: number): Promise<void> {
    return this.#adopt({ ...this.#model, preprocessing: { ...this.#model.preprocessing, size } })
  }

  /** Gives a ResNet that has none an untrained auxiliary head for training, drawn from `seed` (default 0), and keeps all weights. */
  addAuxiliaryHead({ seed = 0 }: { seed?: number } = {}): Promise<void> {
    return this.#adopt(withAuxiliaryHead(this.#model, { seed }))
  }

  /** Takes over weights that training has changed: every parameter by name, in the checkpoint's layout. */
  setParameters(parameters: Map<string, Float32Array>): Promise<void> {
    return this.#adopt({ ...this.#model, parameters })
  }

  /** What is in a photo, at its own resolution. */
  segment(photo: ImageSource, options?: SegmentOptions): Promise<Segmentation>
  /** The same for several; those of one size that follow each other run as batches. */
  segment(photos: ImageSource[], options?: SegmentOptions): Promise<Segmentation[]>
  async segment(input: ImageSource | ImageSource[], options: SegmentOptions = {}) {
    if (!Array.isArray(input)) return (await this.#segmentAll([input], options))[0]
    return this.#segmentAll(input, options)
  }

  /** How a photo would run: kernels, shapes, multiply-adds, memory. Allocates nothing on the GPU. */
  async explain(photo: ImageSource, options: InferenceOptions = {}): Promise<string> {
    return explain(this.#segmenter.plan([await this.#decode(photo)], options))
  }

  /**
   * Measures which kernels are fastest on this GPU for `batchSize` photos (default 1) of a photo's size, for at most `seconds`, and
   * keeps it on disk for this adapter, its driver and this version of the kernels. Masks do not depend on it but for rounding.
   */
  async tune(
    photo: ImageSource,
    { batchSize = 1, ...options }: TuneOptions & SegmentOptions = {},
  ): Promise<TunedConvolution[]> {
    checkBatchSize(batchSize)
    const image = await this.#decode(photo)
    return this.#tune(new Array(batchSize).fill(image), options)
  }

  /** Ends tuning in the background, for good. Training does so: either would slow the other, and measurements be wrong. */
  async stopTuning(): Promise<void> {
    await this.#background?.stop()
  }

  /** Writes model.safetensors and config.json, which `load` reads back. */
  save(folder: string): Promise<void> {
    return writeModel(folder, this.#model)
  }

  /** Frees what the model holds on the GPU, and closes the GPU if it is the model's own. */
  async dispose(): Promise<void> {
    await this.stopTuning()
    await this.#segmenter.dispose()
    if (this.#ownsGpu) this.#gpu.destroy()
  }

  #newSegmenter(): Segmenter {
    return new Segmenter(this.#gpu, { ...this.#model, precision: this.#precision }, this.#tuning.variants)
  }

  async #adopt(model: Model): Promise<void> {
    const before = this.#segmenter
    this.#model = model
    this.#segmenter = this.#newSegmenter()
    await before.dispose()
  }

  async #segmentAll(sources: ImageSource[], options: SegmentOptions): Promise<Segmentation[]> {
    const { batchSize = 4, ...inference } = options
    checkBatchSize(batchSize)
    const found: Segmentation[] = []
    let batch: Image[] = []
    const flush = async () => {
      if (batch.length === 0) return
      const masks = await this.#segmenter.segment(batch, inference)
      masks.forEach((mask, i) => {
        found.push(new Segmentation(batch[i], mask, this.classNames))
      })
      this.#tuneLater(batch, inference)
      batch = []
    }
    for (const source of sources) {
      const image = await this.#decode(source)
      if (batch.length === batchSize || (batch.length > 0 && !sameSize(batch[0], image))) await flush()
      batch.push(image)
    }
    await flush()
    return found
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

  async #decode(source: ImageSource): Promise<Image> {
    if (typeof source !== 'string' && !(source instanceof Uint8Array)) return source
    return readImage(source, { maxPixels: pixelsOn(this.#gpu) })
  }
}

const defaultTuning = (gpu: Gpu) =>
  gpu.info.isFallbackAdapter || process.env.CI ? ('off' as const) : ('background' as const)

function checkBatchSize(batchSize: number): void {
  if (!Number.isInteger(batchSize) || batchSize < 1)
    throw new UserError(`batchSize: expected a whole number above 0, got ${batchSize}`)
}

const sameSize = (a: Image, b: Image) =>
  a.width === b.width &&
  a.height === b.height &&
  a.originalWidth === b.originalWidth &&
  a.originalHeight === b.originalHeight
