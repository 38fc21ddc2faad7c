// The mean of a network's scores over a video's frames, so that masks change little where the picture changes little:
// mean ← share · now + (1 − share) · mean, for each class and pixel at the network's size. A new scene begins a new mean.

import { usage } from '../gpu/buffers.ts'
import { storedAsFloat16 } from '../gpu/float16_storage.ts'
import type { Gpu } from '../gpu/gpu.ts'
import { Program } from '../gpu/program.ts'
import { tensorBytes } from '../graph/ir/tensor_bytes.ts'
import type { Executor, RunOptions } from '../graph/runtime/executor.ts'
import { classMapWords, upsampleArgmax } from '../kernels/resizing/upsample_argmax.ts'
import { frameMean } from '../kernels/video/frame_mean.ts'
import { sceneShare } from '../kernels/video/scene_share.ts'
import { type FrameRun, type GpuClassMap, intoMask } from './on_gpu.ts'

type Frame = Omit<FrameRun, 'into' | 'signal'>

export class FrameMean {
  readonly #share: number
  #held: HeldMean | undefined

  /** `smoothing`: the share of the earlier frames in the mean, from 0 to below 1. */
  constructor(smoothing: number) {
    this.#share = 1 - smoothing
  }

  /**
   * Runs a plan on the next frame, and makes the class map of the mean. The plan's first output is a mask, its second the scores, of the same
   * size. A frame of another plan (another size, other options, another GPU) begins a new mean. Resolves and throws as `runToMask`.
   */
  async add(gpu: Gpu, executor: Executor, { into, signal, ...frame }: FrameRun): Promise<GpuClassMap> {
    if (!this.#held?.fits(executor, frame)) {
      this.release()
      this.#held = await HeldMean.create(gpu, executor, { ...frame, share: this.#share })
    }
    const held = this.#held
    const { width, height } = maskSize(executor, frame)
    const bytes = classMapWords(height, width) * 4
    const mask = await intoMask(gpu, { into, bytes }, mask => held.add(frame, { mask, bytes, signal }))
    return { mask, width, height }
  }

  /** Frees its memory on the GPU. The next frame begins a new mean. */
  release(): void {
    this.#held?.destroy()
    this.#held = undefined
  }
}

interface Buffers {
  photo: GPUBuffer
  /** What the network says of the present frame. */
  scores: GPUBuffer
  mean: GPUBuffer
  classes: GPUBuffer
  cells: GPUBuffer
  share: GPUBuffer
}

/** A mean over the frames that one plan runs. */
class HeldMean {
  readonly #gpu: Gpu
  readonly #executor: Executor
  readonly #at: Frame['at']
  readonly #buffers: Buffers
  readonly #program: Program

  static async create(gpu: Gpu, executor: Executor, frame: Frame & { share: number }): Promise<HeldMean> {
    const kernels = kernelsOf(gpu, executor, frame)
    const flags = usage.storage | usage.copySource | usage.copyDestination
    const [, scores] = executor.plan.graph.outputs
    const { scene, average, argmax } = kernels
    const sizes = {
      photo: scene.inputs.photo,
      scores: tensorBytes(scores),
      mean: average.outputs.mean,
      classes: argmax.outputs.classes,
      cells: scene.outputs.cells,
      share: scene.outputs.share,
    }
    const names = Object.keys(sizes) as (keyof Buffers)[]
    const allocated = await gpu.allocateAll(
      names.map(name => ({ label: `frame mean ${name}`, size: sizes[name], flags })),
    )
    const buffers = Object.fromEntries(names.map((name, i) => [name, allocated[i]])) as unknown as Buffers
    const range = (name: keyof Buffers) => ({ buffer: buffers[name], offset: 0, size: sizes[name] })
    const [cells, share, mean] = [range('cells'), range('share'), range('mean')]
    try {
      const program = await Program.create(gpu, 'frame mean', [
        { kernel: scene, ranges: { photo: range('photo'), cells, share } },
        { kernel: average, ranges: { frame: range('scores'), share, mean } },
        { kernel: argmax, ranges: { logits: mean, classes: range('classes') } },
      ])
      return new HeldMean(gpu, executor, { at: frame.at, buffers, program })
    } catch (error) {
      for (const buffer of allocated) gpu.release(buffer)
      throw error
    }
  }

  private constructor(
    gpu: Gpu,
    executor: Executor,
    parts: { at: Frame['at']; buffers: Buffers; program: Program },
  ) {
    this.#gpu = gpu
    this.#executor = executor
    this.#at = parts.at
    this.#buffers = parts.buffers
    this.#program = parts.program
  }

  /** An executor belongs to one size of photo, one set of options, one network and one GPU. */
  fits(executor: Executor, { at }: Frame): boolean {
    return executor === this.#executor && at === this.#at
  }

  async add(
    { photo, input }: Frame,
    { mask, bytes, signal }: { mask: GPUBuffer; bytes: number } & Pick<RunOptions, 'signal'>,
  ): Promise<void> {
    const { scores, classes } = this.#buffers
    const [, output] = this.#executor.plan.graph.outputs
    await this.#executor.runInto({ [output.name]: scores }, { photo: input }, { signal })
    this.#copyPhoto(photo)
    // It is quick, and a frame in the mean must have its mask: the signal ends the frame before or not at all.
    await this.#program.run({ finish: encoder => encoder.copyBufferToBuffer(classes, 0, mask, 0, bytes) })
  }

  #copyPhoto({ data, width, height }: Frame['photo']): void {
    const { photo } = this.#buffers
    if (ArrayBuffer.isView(data)) this.#gpu.device.queue.writeBuffer(photo, 0, data as BufferSource)
    else
      this.#gpu.submit('frame', encoder => encoder.copyBufferToBuffer(data, 0, photo, 0, width * height * 4))
  }

  destroy(): void {
    this.#program.destroy()
    for (const buffer of Object.values(this.#buffers)) this.#gpu.release(buffer)
  }
}

function maskSize({ plan }: Executor, { photo, at }: Frame): { width: number; height: number } {
  const [, height, width] = plan.graph.outputs[0].shape
  return at === 'network' ? { width, height } : { width: photo.originalWidth, height: photo.originalHeight }
}

function kernelsOf(gpu: Gpu, executor: Executor, { share, ...frame }: Frame & { share: number }) {
  const { photo, alignCorners } = frame
  const [, scores] = executor.plan.graph.outputs
  const average = frameMean({ label: 'frame mean', shape: scores.shape })
  return {
    scene: sceneShare({ label: 'scene share', width: photo.width, height: photo.height, share }),
    average: scores.dtype === 'f16' ? storedAsFloat16(average) : average,
    argmax: upsampleArgmax({
      ...{ label: 'mask of the mean', input: scores.shape, alignCorners },
      ...maskSize(executor, frame),
      onGpu: !gpu.isCpu,
    }),
  }
}
