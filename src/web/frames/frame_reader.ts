// From a frame, such as a camera's, to a photo on the GPU. The frame's pixels do not pass through the CPU's memory where the
// browser can hand them over.

import { usage } from '../../gpu/buffers.ts'
import type { Gpu } from '../../gpu/gpu.ts'
import { constantOf } from '../../gpu/shader_constants.ts'
import type { GpuPhoto } from '../../inference/segmenter.ts'
import type { Size } from '../../library/pixels.ts'
import { frame_pixels } from '../shaders.gen.ts'
import { type FrameSource, isTexture, isVideo } from './frame_source.ts'
import { type FrameType, frameText } from './frame_text.ts'

const WORKGROUP = constantOf(frame_pixels, 'WORKGROUP_SIDE')

/** Reads frames of one size into one buffer: each frame replaces the last. */
export class FrameReader {
  readonly #gpu: Gpu
  readonly #photo: GpuPhoto
  readonly #size: GPUBuffer
  readonly #sampler: GPUSampler
  #fromTexture: GPUComputePipeline | undefined
  #fromVideo: GPUComputePipeline | undefined
  /** Whether the browser's software or a video's format refused to hand over frames: then each is copied. */
  #copiesVideos = false
  #texture: GPUTexture | undefined
  /** The copy of a video's frame. */
  #pixels: Uint8Array<ArrayBuffer> | undefined

  /** Throws OutOfMemoryError. */
  static async create(gpu: Gpu, { width, height }: Size): Promise<FrameReader> {
    const flags = usage.storage | usage.copySource | usage.copyDestination
    const data = await gpu.allocate('frame', width * height * 4, flags)
    return new FrameReader(gpu, { data, width, height, originalWidth: width, originalHeight: height })
  }

  private constructor(gpu: Gpu, photo: GpuPhoto) {
    this.#gpu = gpu
    this.#photo = photo
    this.#size = gpu.device.createBuffer({
      label: 'size of the frame',
      size: 16,
      usage: usage.uniform | usage.copyDestination,
    })
    gpu.device.queue.writeBuffer(this.#size, 0, Uint32Array.of(photo.width, photo.height))
    this.#sampler = gpu.device.createSampler({ label: 'nearest' })
  }

  /** Where the frame is after `read`. */
  get photo(): GpuPhoto {
    return this.#photo
  }

  /** Submits the copy of a frame, scaled to the reader's size by the nearest pixel if it has another. */
  async read(source: FrameSource): Promise<void> {
    if (isTexture(source)) return this.#readTexture(source)
    if (!isVideo(source)) return this.#readImage(source)
    if (!this.#copiesVideos && (await this.#readVideo(source))) return
    this.#copiesVideos = true
    if (!(await this.#copyVideo(source))) await this.#readBitmap(source)
  }

  destroy(): void {
    this.#gpu.release(this.#photo.data)
    this.#size.destroy()
    this.#texture?.destroy()
  }

  /** Whether it worked. The first frame tells: some adapters have `importExternalTexture` and cannot do it. */
  async #readVideo(source: HTMLVideoElement | VideoFrame): Promise<boolean> {
    const { device } = this.#gpu
    if (!('importExternalTexture' in device)) return false
    const isFirst = this.#fromVideo === undefined
    this.#fromVideo ??= await this.#pipeline('texture_external')
    if (isFirst) device.pushErrorScope('validation')
    try {
      this.#submit(this.#fromVideo, device.importExternalTexture({ label: 'frame', source }))
    } catch {
      if (isFirst) await device.popErrorScope()
      return false
    }
    return !isFirst || (await device.popErrorScope()) === null
  }

  /**
   * By way of the page's memory, because Chromium 156 keeps the pixels of each bitmap that is made of a video. Returns whether it
   * worked: not every browser converts frames to RGBA.
   */
  async #copyVideo(source: HTMLVideoElement | VideoFrame): Promise<boolean> {
    const { data, width, height } = this.#photo
    if (!('VideoFrame' in globalThis)) return false
    const frame = new VideoFrame(source)
    try {
      if (frame.allocationSize({ format: 'RGBA' }) !== width * height * 4) return false
      this.#pixels ??= new Uint8Array(width * height * 4)
      await frame.copyTo(this.#pixels, { format: 'RGBA' })
      this.#gpu.device.queue.writeBuffer(data, 0, this.#pixels)
      return true
    } catch {
      return false
    } finally {
      frame.close()
    }
  }

  async #readBitmap(source: HTMLVideoElement | VideoFrame): Promise<void> {
    const bitmap = await createImageBitmap(source)
    try {
      await this.#readImage(bitmap)
    } finally {
      bitmap.close()
    }
  }

  async #readImage(source: ImageBitmap | HTMLCanvasElement | OffscreenCanvas): Promise<void> {
    const { width, height } = source
    const texture = this.#textureOf(width, height)
    this.#gpu.device.queue.copyExternalImageToTexture({ source }, { texture }, [width, height])
    await this.#readTexture(texture)
  }

  async #readTexture(texture: GPUTexture): Promise<void> {
    this.#fromTexture ??= await this.#pipeline('texture_2d<f32>')
    this.#submit(this.#fromTexture, texture.createView())
  }

  /** One of this size, which takes the images. */
  #textureOf(width: number, height: number): GPUTexture {
    if (this.#texture?.width === width && this.#texture.height === height) return this.#texture
    this.#texture?.destroy()
    this.#texture = this.#gpu.device.createTexture({
      label: 'frame',
      size: [width, height],
      format: 'rgba8unorm',
      usage: GPUTextureUsage.TEXTURE_BINDING | GPUTextureUsage.COPY_DST | GPUTextureUsage.RENDER_ATTACHMENT,
    })
    return this.#texture
  }

  #pipeline(type: FrameType): Promise<GPUComputePipeline> {
    const { device } = this.#gpu
    const module = device.createShaderModule({ label: 'frame_pixels', code: frameText(type) })
    return device.createComputePipelineAsync({ label: 'frame_pixels', layout: 'auto', compute: { module } })
  }

  /** A video's frame is valid until the caller's task ends, so nothing may be awaited between its import and this. */
  #submit(pipeline: GPUComputePipeline, frame: GPUTextureView | GPUExternalTexture): void {
    const { data, width, height } = this.#photo
    const bindGroup = this.#gpu.device.createBindGroup({
      label: 'frame',
      layout: pipeline.getBindGroupLayout(0),
      entries: [frame, this.#sampler, { buffer: data }, { buffer: this.#size }].map((resource, binding) => ({
        binding,
        resource,
      })),
    })
    this.#gpu.submit('frame', encoder => {
      const pass = encoder.beginComputePass({ label: 'frame' })
      pass.setPipeline(pipeline)
      pass.setBindGroup(0, bindGroup)
      pass.dispatchWorkgroups(Math.ceil(width / WORKGROUP), Math.ceil(height / WORKGROUP))
      pass.end()
    })
  }
}
