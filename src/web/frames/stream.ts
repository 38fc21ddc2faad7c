// Segments a video frame by frame: always the newest one. What the video shows meanwhile is dropped, never queued.

import type { Gpu } from '../../gpu/gpu.ts'
import type { FrameMean } from '../../inference/frame_mean.ts'
import { meanFor } from '../../inference/frame_options.ts'
import type { InferenceOptions, OutputOptions } from '../../inference/inference_options.ts'
import type { GpuClassMap, GpuPhoto, Segmenter } from '../../inference/segmenter.ts'
import type { Size } from '../../library/pixels.ts'
import { checkStreamOptions, type StreamOptions } from '../on_gpu_options.ts'
import { FrameReader } from './frame_reader.ts'
import { frameSize } from './frame_source.ts'
import { nextFrame } from './video_frames.ts'

/** Runs work with a GPU and what segments on it, and once more on another GPU if that one is lost. */
type OnGpu = <T>(work: (gpu: Gpu, segmenter: Segmenter) => Promise<T>) => Promise<T>

/** Resolves when the video has ended, or on the signal. Each frame may lose its GPU once. */
export async function streamFrames(
  onGpu: OnGpu,
  video: HTMLVideoElement,
  options: StreamOptions,
): Promise<void> {
  checkStreamOptions(options)
  const { onFrame, signal, smoothing: _, ...inference } = options
  const mean = await meanFor(options)
  let buffers: FrameBuffers | undefined
  let last: number | undefined
  try {
    for (;;) {
      const frame = await nextFrame(video, signal)
      if (!frame) return
      const dropped = last !== undefined && frame.count !== undefined ? frame.count - last - 1 : undefined
      last = frame.count
      await onGpu(async (gpu, segmenter) => {
        const start = performance.now()
        const size = await frameSize(video, 'video')
        if (!buffers?.fit(gpu, size)) {
          buffers?.release()
          buffers = undefined
          buffers = await FrameBuffers.create(gpu, size)
        }
        const found = await buffers.segment(video, segmenter, { ...inference, mean })
        await onFrame({ ...found, milliseconds: performance.now() - start, dropped })
      })
    }
  } finally {
    buffers?.release()
    mean?.release()
  }
}

/** Where the frames of one size are on a GPU, and their class maps. */
class FrameBuffers {
  readonly #gpu: Gpu
  readonly #reader: FrameReader
  #map: GpuClassMap | undefined

  static async create(gpu: Gpu, size: Size): Promise<FrameBuffers> {
    return new FrameBuffers(gpu, await FrameReader.create(gpu, size))
  }

  private constructor(gpu: Gpu, reader: FrameReader) {
    this.#gpu = gpu
    this.#reader = reader
  }

  /** Not those of a phone that was turned, nor those on a lost GPU. */
  fit(gpu: Gpu, { width, height }: Size): boolean {
    const { photo } = this.#reader
    return gpu === this.#gpu && width === photo.width && height === photo.height
  }

  /** The video's frame with its class map. The next ones replace them. */
  async segment(
    video: HTMLVideoElement,
    segmenter: Segmenter,
    options: InferenceOptions & Pick<OutputOptions, 'at'> & { mean?: FrameMean },
  ): Promise<{ photo: GpuPhoto; map: GpuClassMap }> {
    const { photo } = this.#reader
    await this.#reader.read(video)
    this.#map = await segmenter.segmentOnGpu(photo, { ...options, into: this.#map?.mask })
    await this.#gpu.finish()
    return { photo, map: this.#map }
  }

  release(): void {
    this.#reader.destroy()
    if (this.#map) this.#gpu.release(this.#map.mask)
  }
}
