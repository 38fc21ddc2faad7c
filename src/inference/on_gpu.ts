// Photos and class maps that stay on the GPU.

import { UserError } from '../errors.ts'
import { usage } from '../gpu/buffers.ts'
import type { Gpu } from '../gpu/gpu.ts'
import { tensorBytes } from '../graph/ir/tensor_bytes.ts'
import type { Executor, RunInputs, RunOptions } from '../graph/runtime/executor.ts'
import type { PhotoSize } from './inference_graph.ts'
import type { InferenceOptions, OutputOptions } from './inference_options.ts'

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
  /** The photo is the next frame of a video: it joins the mean of the frames, and the mask is the mean's. */
  mean?: MeanOfFrames
}

/** A frame on its way through a plan and into a mean. */
export interface FrameRun
  extends Required<Pick<OutputOptions, 'at'>>,
    Pick<GpuSegmentOptions, 'into' | 'signal'> {
  photo: PhotoSize & { data: Uint8Array | GPUBuffer }
  /** What the network takes of the photo. */
  input: Uint8Array | GPUBuffer
  /** The convention of the network's upsampling. */
  alignCorners: boolean
}

interface MeanOfFrames {
  add(gpu: Gpu, executor: Executor, frame: FrameRun): Promise<GpuClassMap>
}

/** A mask may be drawn, copied, and written again. */
const MASK_USAGE = usage.storage | usage.copySource | usage.copyDestination

/**
 * Runs a plan whose first output is a class map, and leaves the map on the GPU: in `into`, or in a new buffer, which is the caller's to
 * release by `Gpu.release`. Resolves when the work is submitted, before the GPU has done it. Throws a UserError if `into` is too
 * small, OutOfMemoryError, and the signal's reason if the signal is aborted.
 */
export async function runToMask(
  gpu: Gpu,
  executor: Executor,
  inputs: RunInputs,
  { into, signal }: Pick<GpuSegmentOptions, 'into' | 'signal'>,
): Promise<GpuClassMap> {
  const [output] = executor.plan.graph.outputs
  const bytes = tensorBytes(output)
  const mask = await intoMask(gpu, { into, bytes }, mask =>
    executor.runInto({ [output.name]: mask }, inputs, { signal }),
  )
  const [, height, width] = output.shape
  return { mask, width, height }
}

/** Runs work that writes a mask of so many bytes, to `into` or to a new buffer, and returns the buffer. Throws as `runToMask`. */
export async function intoMask(
  gpu: Gpu,
  { into, bytes }: { into?: GPUBuffer; bytes: number },
  work: (mask: GPUBuffer) => Promise<void>,
): Promise<GPUBuffer> {
  if (into && into.size < bytes)
    throw new UserError(`into: the mask takes ${bytes} bytes, and the buffer has ${into.size}`)
  const mask = into ?? (await gpu.allocate('mask', bytes, MASK_USAGE))
  try {
    await work(mask)
    return mask
  } catch (error) {
    if (!into) gpu.release(mask)
    throw error
  }
}
