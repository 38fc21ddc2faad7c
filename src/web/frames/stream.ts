// Segments a video frame by frame: always the newest one. What the video shows meanwhile is dropped, never queued.

import type { Gpu } from '../../gpu/gpu.ts'
import type { OutputOptions } from '../../inference/class_map.ts'
import type { InferenceOptions } from '../../inference/inference_options.ts'
import type { GpuClassMap, GpuPhoto, Segmenter } from '../../inference/segmenter.ts'
import type { Size } from '../../library/photo_size.ts'
import { checkStreamOptions } from '../on_gpu_options.ts'
import { FrameReader } from './frame_reader.ts'
import { frameSize } from './frame_source.ts'
import { nextFrame } from './video_frames.ts'

export interface StreamOptions extends InferenceOptions, Pick<OutputOptions, 'at'> {
  /** Called for each segmented frame. The next one waits for its promise. */
  onFrame(frame: StreamFrame): unknown
  /** Ends the stream after the frame under way. */
  signal?: AbortSignal
}

/** A segmented frame. Its buffers hold it until `onFrame` is done: the next frame replaces it. */
export interface StreamFrame {
  photo: GpuPhoto
  map: GpuClassMap
  /** From the frame to its mask, as the page's clock measures it. */
  milliseconds: number
  /** Frames of the video that were not segmented since the last one, if the browser counts frames. */
  dropped: number | undefined
}

/** Resolves when the video has ended, or on the signal. */
export async function streamFrames(
  { gpu, segmenter }: { gpu: Gpu; segmenter: Segmenter },
  video: HTMLVideoElement,
  options: StreamOptions,
): Promise<void> {
  checkStreamOptions(options)
  const { onFrame, signal, ...rest } = options
  let reader: FrameReader | undefined
  let map: GpuClassMap | undefined
  let last: number | undefined
  const release = () => {
    reader?.destroy()
    if (map) gpu.release(map.mask)
    reader = map = undefined
  }
  try {
    for (;;) {
      const frame = await nextFrame(video, signal)
      if (!frame) return
      const start = performance.now()
      const size = await frameSize(video, 'video')
      if (reader && !isOfSize(reader.photo, size)) release() // such as a phone that was turned
      reader ??= await FrameReader.create(gpu, size)
      await reader.read(video)
      map = await segmenter.segmentOnGpu(reader.photo, { ...rest, into: map?.mask })
      await gpu.finish()
      const dropped = last !== undefined && frame.count !== undefined ? frame.count - last - 1 : undefined
      last = frame.count
      await onFrame({ photo: reader.photo, map, milliseconds: performance.now() - start, dropped })
    }
  } finally {
    release()
  }
}

const isOfSize = (photo: GpuPhoto, { width, height }: Size) =>
  photo.width === width && photo.height === height
