// The main class of the library in browsers.

import type { SegmentOutput } from '../inference/inference_options.ts'
import { DeepLabBase } from '../library/deeplab_base.ts'
import { readModel } from '../library/model_files.ts'
import { createdModel, type OpenedModel, openModel, type Platform } from '../library/open_model.ts'
import { type CreateOptions, checkLoadOptions } from '../library/open_options.ts'
import type { YieldedResult } from '../library/segment_batches.ts'
import type { EachPhotoOptions, ManyPhotosOptions, SegmentOptions } from '../library/segment_options.ts'
import type { DeepLabOptions } from '../model/config.ts'
import { openDevice, openGpu } from './gpu.ts'
import { LOAD_OPTIONS, type LoadOptions, type WeightsSource } from './load_options.ts'
import type { GpuSegmentation } from './on_gpu.ts'
import type { OnGpuOptions, StreamOptions } from './on_gpu_options.ts'
import { type ImageSource, readSource } from './photo_source.ts'
import { Segmentation } from './segmentation.ts'
import { openTuning } from './tuning.ts'
import { findWeights } from './weights.ts'

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

const WEB: Platform<ImageSource, Segmentation> = {
  openGpu: device => (device ? openDevice(device) : openGpu()),
  openTuning,
  defaultTuning: gpu => (gpu.isCpu ? 'off' : 'background'),
  read: readSource,
  result: (image, found, names) => new Segmentation(image, found, names),
}

/** A network with its weights, ready to segment photos on a GPU. */
export class DeepLab extends DeepLabBase<ImageSource, Segmentation> {
  /**
   * Loads a trained model: a shipped or registry name; a URL of a checkpoint, of a folder or of a repository of Hugging Face; or a
   * model in memory: bytes, a Blob, or the files of a folder. Throws a UserError if it is not found or holds another network, if
   * an option is invalid, or if the GPU does not support the precision; NoAdapterError if there is no WebGPU or no GPU; and the
   * signal's reason if the signal is aborted.
   */
  static async load(source: WeightsSource, options: LoadOptions = {}): Promise<DeepLab> {
    checkLoadOptions(options, LOAD_OPTIONS)
    const model = await readModel(await findWeights(source, options), options)
    options.signal?.throwIfAborted()
    return new DeepLab(await openModel(model, options, WEB))
  }

  /** Creates an untrained network with weights drawn from a seed. Throws a UserError for an invalid network or option. */
  static async create(network: DeepLabOptions, options: CreateOptions = {}): Promise<DeepLab> {
    return new DeepLab(await openModel(await createdModel(network, options), options, WEB))
  }

  private constructor(opened: OpenedModel) {
    super(opened, WEB)
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
   * Segments a photo, and leaves photo and class map on the GPU, for `Painter`, or for shaders of your own on `gpu.device`. Frames
   * of videos, canvases, bitmaps and textures do not pass through the CPU's memory. Resolves when the work is submitted, before the
   * GPU has done it. Throws as `segment` does.
   */
  async segmentOnGpu(photo: ImageSource | GPUTexture, options: OnGpuOptions = {}): Promise<GpuSegmentation> {
    const { segmentOnGpu } = await import('./on_gpu.ts') // loaded only when needed
    return this.onGpu((gpu, segmenter) => segmentOnGpu({ gpu, segmenter }, photo, options))
  }

  /**
   * Segments a playing video frame by frame, always the newest: frames that it shows meanwhile are dropped, never queued. `onFrame`
   * gets each with its class map, on the GPU; if the GPU is lost, it gets the frame once more, on another. Resolves when the video
   * has ended, or on the signal. Throws as `segment` does, and what `onFrame` throws.
   */
  async stream(video: HTMLVideoElement, options: StreamOptions): Promise<void> {
    const { streamFrames } = await import('./frames/stream.ts') // loaded only when needed
    return streamFrames(work => this.onGpu(work), video, options)
  }
}
