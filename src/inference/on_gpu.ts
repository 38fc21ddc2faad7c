// Photos and class maps that stay on the GPU.

import type { RunOptions } from '../graph/runtime/executor.ts'
import type { OutputOptions } from './class_map.ts'
import type { PhotoSize } from './inference_graph.ts'
import type { InferenceOptions } from './inference_options.ts'

/** A photo whose pixels are on the GPU already, such as a frame of a video. */
export interface GpuPhoto extends PhotoSize {
  /** RGBA, height · width · 4 bytes from its beginning. On the segmenter's device, with `COPY_SRC`. */
  data: GPUBuffer
}

/** A class map that stays on the GPU. */
export interface GpuClassMap {
  /** Class ids, row by row from the top, one byte a pixel: four in each u32, the first in its low byte. */
  mask: GPUBuffer
  width: number
  height: number
}

export interface GpuSegmentOptions
  extends InferenceOptions,
    Pick<OutputOptions, 'at'>,
    Pick<RunOptions, 'signal'> {
  /** Takes the mask, in place of a new buffer: an earlier result of the same size, or another buffer with `COPY_DST`. */
  into?: GPUBuffer
}
