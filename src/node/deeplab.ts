// The main class of the library in Node.

import type { Image } from '../data/image.ts'
import { DeviceLostError } from '../gpu/errors.ts'
import type { ClassMap } from '../inference/class_map.ts'
import type { FrameOptions } from '../inference/frame_options.ts'
import type { RefinedOptions, SegmentOutput } from '../inference/inference_options.ts'
import { submitPhoto } from '../inference/submit_photo.ts'
import { DeepLabBase } from '../library/deeplab_base.ts'
import { readModel } from '../library/model_files.ts'
import { createdModel, type OpenedModel, openModel, type Platform } from '../library/open_model.ts'
import { type CreateOptions, checkLoadOptions, type OpenOptions } from '../library/open_options.ts'
import { pixelsOn } from '../library/pixels.ts'
import type { YieldedResult } from '../library/segment_batches.ts'
import type { EachPhotoOptions, ManyPhotosOptions, SegmentOptions } from '../library/segment_options.ts'
import type { ResultNames } from '../library/segmentation_base.ts'
import type { DeepLabOptions } from '../model/config.ts'
import { samplesIn } from '../model/preprocessing.ts'
import { openDevice, openGpu } from './gpu/dawn.ts'
import { type ImageSource, readSource } from './images/image_source.ts'
import { LOAD_OPTIONS, type LoadOptions, type WeightsSource, weightsFrom } from './load_options.ts'
import { segmentFrames } from './segment_frames.ts'
import { Segmentation } from './segmentation.ts'
import { openTuning } from './tuning.ts'
import { type SaveOptions, writeModel } from './write_model.ts'

export type { OpenOptions }

/** The options of `segment` for an array of photos. */
export type SegmentManyOptions<Output extends SegmentOutput = SegmentOutput> = ManyPhotosOptions<
  ImageSource,
  Output
>

/** The options of `segmentAll`. */
export type SegmentAllOptions<Output extends SegmentOutput = SegmentOutput> = EachPhotoOptions<
  ImageSource,
  Output
>

const NODE: Platform<ImageSource, Segmentation> = {
  openGpu: device => (device ? openDevice(device) : openGpu()),
  openTuning,
  defaultTuning: gpu => (gpu.isCpu || process.env.CI ? 'off' : 'background'),
  read: readSource,
  result: (image, found, names) => new Segmentation(image, found, names),
}

/** A network with its weights, ready to segment photos on a GPU. */
export class DeepLab extends DeepLabBase<ImageSource, Segmentation> {
  /**
   * Loads a trained model: a shipped or registry name, a path (checkpoint file or folder) or a URL, as text or as a URL object; or
   * a model in memory: bytes, a Blob, or the files of a folder. Throws a UserError if it is not found or holds another network,
   * if an option is invalid, or if the GPU does not support the precision; NoAdapterError if there is no GPU; and the signal's
   * reason if the signal is aborted.
   */
  static async load(source: WeightsSource, options: LoadOptions = {}): Promise<DeepLab> {
    checkLoadOptions(options, LOAD_OPTIONS)
    const model = await readModel(await weightsFrom(source, options), options)
    options.signal?.throwIfAborted()
    return new DeepLab(await openModel(model, options, NODE))
  }

  /** Creates an untrained network with weights drawn from a seed. Throws a UserError for an invalid network or option. */
  static async create(network: DeepLabOptions, options: CreateOptions = {}): Promise<DeepLab> {
    return new DeepLab(await openModel(await createdModel(network, options), options, NODE))
  }

  private constructor(opened: OpenedModel) {
    super(opened, NODE)
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
  segment(input: ImageSource | readonly ImageSource[], options: SegmentManyOptions = {}) {
    return this.segmentAny(input, options)
  }

  /**
   * Segments the photos of an array, a generator or another iterable, and yields each result with its photo, in their order:
   * `for await (const { source, result } of model.segmentAll(paths))`. Consecutive photos of one size run in batches; few are in memory at
   * a time, and none is read before the loop has come near. With `onError`, a photo that fails is left out. Leaving the loop ends
   * the work. Throws as `segment` does.
   */
  segmentAll<Photo extends ImageSource, Output extends SegmentOutput = 'mask'>(
    photos: Iterable<Photo> | AsyncIterable<Photo>,
    options?: SegmentAllOptions<Output>,
  ): AsyncGenerator<YieldedResult<Photo, Segmentation<Output>>, void, undefined>
  segmentAll(photos: Iterable<ImageSource> | AsyncIterable<ImageSource>, options: SegmentAllOptions = {}) {
    return this.segmentEach(photos, options)
  }

  /**
   * Segments the frames of a video in their order, one after the other, and yields each result with its frame. With `smoothing`, masks
   * change little where the picture changes little. While the GPU works on a frame, the next one is read: a result comes when the next
   * frame is there. Leaving the loop ends the work. Throws as `segment` does.
   */
  segmentFrames<Frame extends ImageSource>(
    frames: Iterable<Frame> | AsyncIterable<Frame>,
    options: FrameOptions = {},
  ): AsyncGenerator<YieldedResult<Frame, Segmentation<'mask'>>, void, undefined> {
    const onGpu: ResultNames<'mask'>['onGpu'] = work => this.onGpu(work)
    const channels = samplesIn(this.state.preprocessing)
    return segmentFrames<Frame, ImageSource, Segmentation<'mask'>>(frames, options, {
      read: (source, { name, signal }) =>
        readSource(source, { name, signal, channels, maxPixels: pixelsOn(this.gpu) }),
      submit: (image, own) => this.onGpu((gpu, segmenter) => submitPhoto(gpu, segmenter, image, own)),
      result: (image, map) =>
        new Segmentation(image, map, { output: 'mask', classNames: this.classNames, onGpu }),
    })
  }

  /**
   * @internal Submits a decoded photo's work, and resolves before the GPU has done it. The function waits for the class map. Until then
   * the GPU may be given more photos. A CRF, tiles and scores take several steps of their own: the function does all of them.
   */
  async submit(
    photo: Image,
    { onProgress, ...options }: RefinedOptions & Pick<SegmentOptions, 'output' | 'onProgress'>,
  ): Promise<() => Promise<ClassMap>> {
    const segment = async () => {
      const { mask, width, height, probabilities, logits } = await this.segment(photo, {
        ...options,
        onProgress,
      })
      return { mask, width, height, scores: probabilities ?? logits }
    }
    const { output = 'mask', crf, ...inference } = options
    if (output !== 'mask' || crf !== undefined || options.tile !== undefined) return segment
    const wait = await this.onGpu((gpu, segmenter) => submitPhoto(gpu, segmenter, photo, inference))
    // `segment` opens the GPU again.
    return () => wait().catch(error => (error instanceof DeviceLostError ? segment() : Promise.reject(error)))
  }

  /**
   * Writes model.safetensors and config.json, which `load` reads back, over those of a saved model. Throws a UserError if the file
   * system refuses, and if the folder has a config.json of another program, unless `overwrite` is true.
   */
  save(folder: string, options?: SaveOptions): Promise<void> {
    return writeModel(folder, this.state, options)
  }
}
