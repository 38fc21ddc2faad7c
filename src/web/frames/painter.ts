// Draws a photo and its class map from the GPU's memory on a canvas.

import { usage } from '../../gpu/buffers.ts'
import type { Gpu } from '../../gpu/gpu.ts'
import type { GpuClassMap, GpuPhoto } from '../../inference/segmenter.ts'
import { shaders } from '../shaders.gen.ts'

export interface Painting {
  photo: GpuPhoto
  map: GpuClassMap
  /** For each of 256 class ids a u32: red in the low byte, then green, blue, and how much of the photo the colour covers. */
  colours: Uint32Array
  /** Left of this share of the width, the photo is shown alone. Default 0. */
  split?: number
}

export class Painter {
  readonly #gpu: Gpu
  readonly #context: GPUCanvasContext
  readonly #pipeline: GPURenderPipeline
  readonly #colours: GPUBuffer
  readonly #sizes: GPUBuffer

  /** Takes over the canvas. Its size stays the caller's to set. */
  static async create(gpu: Gpu, canvas: HTMLCanvasElement | OffscreenCanvas): Promise<Painter> {
    const { device } = gpu
    const format = gpu.entry.getPreferredCanvasFormat()
    const context = canvas.getContext('webgpu') as GPUCanvasContext
    context.configure({ device, format, alphaMode: 'opaque' })
    const module = device.createShaderModule({ label: 'paint', code: shaders.paint })
    const pipeline = await device.createRenderPipelineAsync({
      ...{ label: 'paint', layout: 'auto', vertex: { module }, fragment: { module, targets: [{ format }] } },
    })
    return new Painter(gpu, context, pipeline)
  }

  private constructor(gpu: Gpu, context: GPUCanvasContext, pipeline: GPURenderPipeline) {
    this.#gpu = gpu
    this.#context = context
    this.#pipeline = pipeline
    const { device } = gpu
    const { storage, uniform, copyDestination } = usage
    this.#colours = device.createBuffer({ label: 'colours', size: 1024, usage: storage | copyDestination })
    this.#sizes = device.createBuffer({ label: 'sizes', size: 32, usage: uniform | copyDestination })
  }

  paint({ photo, map, colours, split = 0 }: Painting): void {
    const { device } = this.#gpu
    device.queue.writeBuffer(this.#colours, 0, colours as BufferSource)
    device.queue.writeBuffer(this.#sizes, 0, Uint32Array.of(photo.width, photo.height, map.width, map.height))
    device.queue.writeBuffer(this.#sizes, 16, Float32Array.of(split))
    const bindGroup = device.createBindGroup({
      label: 'paint',
      layout: this.#pipeline.getBindGroupLayout(0),
      entries: [photo.data, map.mask, this.#colours, this.#sizes].map((buffer, binding) => ({
        ...{ binding, resource: { buffer } },
      })),
    })
    const view = this.#context.getCurrentTexture().createView()
    this.#gpu.submit('paint', encoder => {
      const pass = encoder.beginRenderPass({
        ...{ label: 'paint', colorAttachments: [{ view, loadOp: 'clear', storeOp: 'store' }] },
      })
      pass.setPipeline(this.#pipeline)
      pass.setBindGroup(0, bindGroup)
      pass.draw(3)
      pass.end()
    })
  }

  destroy(): void {
    this.#context.unconfigure()
    this.#colours.destroy()
    this.#sizes.destroy()
  }
}
