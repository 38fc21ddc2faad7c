// Draws a photo and its class map from the GPU's memory on a canvas.

import { usage } from '../../gpu/buffers.ts'
import type { Gpu } from '../../gpu/gpu.ts'
import type { GpuClassMap, GpuPhoto } from '../../inference/segmenter.ts'
import { paint } from '../shaders.gen.ts'
import { type Canvas, type Surface, surfaceOf } from './surface.ts'

export interface Painting {
  photo: GpuPhoto
  map: GpuClassMap
  /** For each of 256 class ids a u32: red in the low byte, then green, blue, and how much of the photo the colour covers. */
  colours: Uint32Array
  /** Left of this share of the width, the photo is shown alone. Default 0. */
  split?: number
  /**
   * A class with any opacity covers the photo wholly as far as this from another class: pixels of the canvas. Default 0: no class has an
   * outline.
   */
  outline?: number
}

/** Draws on a canvas that has no context yet. The picture fills it, so its size, which the caller sets, is best the photo's. */
export class Painter {
  readonly #gpu: Gpu
  readonly #surface: Surface
  readonly #pipeline: GPURenderPipeline
  readonly #colours: GPUBuffer
  readonly #sizes: GPUBuffer

  static async create(gpu: Gpu, canvas: Canvas): Promise<Painter> {
    const { device } = gpu
    const surface = surfaceOf(gpu, canvas)
    const module = device.createShaderModule({ label: 'paint', code: paint.wgsl })
    const pipeline = await device.createRenderPipelineAsync({
      label: 'paint',
      layout: 'auto',
      vertex: { module },
      fragment: { module, targets: [{ format: surface.format }] },
    })
    return new Painter(gpu, surface, pipeline)
  }

  private constructor(gpu: Gpu, surface: Surface, pipeline: GPURenderPipeline) {
    this.#gpu = gpu
    this.#surface = surface
    this.#pipeline = pipeline
    const { device } = gpu
    const { storage, uniform, copyDestination } = usage
    this.#colours = device.createBuffer({ label: 'colours', size: 1024, usage: storage | copyDestination })
    this.#sizes = device.createBuffer({ label: 'sizes', size: 32, usage: uniform | copyDestination })
  }

  /** Resolves when the picture is on the canvas. Photo and map may be released or written again at once. */
  async paint({ photo, map, colours, split = 0, outline = 0 }: Painting): Promise<void> {
    const { device } = this.#gpu
    device.queue.writeBuffer(this.#colours, 0, colours as BufferSource)
    device.queue.writeBuffer(this.#sizes, 0, Uint32Array.of(photo.width, photo.height, map.width, map.height))
    const { width, height } = this.#surface.canvas
    device.queue.writeBuffer(this.#sizes, 16, Float32Array.of(split, outline / width, outline / height))
    const bindGroup = device.createBindGroup({
      label: 'paint',
      layout: this.#pipeline.getBindGroupLayout(0),
      entries: [photo.data, map.mask, this.#colours, this.#sizes].map((buffer, binding) => ({
        binding,
        resource: { buffer },
      })),
    })
    const view = this.#surface.view()
    this.#gpu.submit('paint', encoder => {
      const pass = encoder.beginRenderPass({
        label: 'paint',
        colorAttachments: [{ view, loadOp: 'clear', storeOp: 'store' }],
      })
      pass.setPipeline(this.#pipeline)
      pass.setBindGroup(0, bindGroup)
      pass.draw(3)
      pass.end()
    })
    await this.#surface.present()
  }

  destroy(): void {
    this.#surface.destroy()
    this.#colours.destroy()
    this.#sizes.destroy()
  }
}
