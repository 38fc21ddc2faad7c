// The surface that a picture is drawn on: a canvas, directly or by way of its pixels.

import { Mutex } from '../../concurrency.ts'
import type { Gpu } from '../../gpu/gpu.ts'

export type Canvas = HTMLCanvasElement | OffscreenCanvas

export interface Surface {
  readonly canvas: Canvas
  readonly format: GPUTextureFormat
  /** The texture of the next picture. */
  view(): GPUTextureView
  /** Shows what was drawn. */
  present(): Promise<void>
  destroy(): void
}

/**
 * A surface for a canvas, whose size the caller sets. Chromium 156 loses a software adapter's device when it shows what that drew on a
 * canvas. A CPU adapter has its pixels in the computer's memory anyway, so there they are put on the canvas.
 */
export function surfaceOf(gpu: Gpu, canvas: Canvas): Surface {
  return gpu.isCpu ? new PixelSurface(gpu, canvas) : new CanvasSurface(gpu, canvas)
}

class CanvasSurface implements Surface {
  readonly canvas: Canvas
  readonly format: GPUTextureFormat
  readonly #context: GPUCanvasContext

  constructor({ device, entry }: Gpu, canvas: Canvas) {
    this.canvas = canvas
    this.format = entry.getPreferredCanvasFormat()
    this.#context = canvas.getContext('webgpu') as GPUCanvasContext
    this.#context.configure({ device, format: this.format, alphaMode: 'opaque' })
  }

  view(): GPUTextureView {
    return this.#context.getCurrentTexture().createView()
  }

  async present(): Promise<void> {}

  destroy(): void {
    this.#context.unconfigure()
  }
}

/** Copies of textures to buffers have rows of a multiple of so many bytes. */
const ROW_ALIGNMENT = 256

class PixelSurface implements Surface {
  readonly format = 'rgba8unorm'
  readonly #gpu: Gpu
  readonly canvas: Canvas
  readonly #context: OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D
  #texture: GPUTexture | undefined
  #pixels: GPUBuffer | undefined
  /** Pictures are shown one after the other: a buffer can be mapped once at a time. */
  readonly #lock = new Mutex()

  constructor(gpu: Gpu, canvas: Canvas) {
    this.#gpu = gpu
    this.canvas = canvas
    this.#context = canvas.getContext('2d') as CanvasRenderingContext2D
  }

  view(): GPUTextureView {
    const { width, height } = this.canvas
    if (this.#texture?.width !== width || this.#texture.height !== height) {
      this.#texture?.destroy()
      this.#texture = this.#gpu.device.createTexture({
        label: 'picture',
        size: [width, height],
        format: this.format,
        usage: GPUTextureUsage.RENDER_ATTACHMENT | GPUTextureUsage.COPY_SRC,
      })
    }
    return this.#texture.createView()
  }

  present(): Promise<void> {
    return this.#lock.run(() => this.#present())
  }

  destroy(): void {
    this.#texture?.destroy()
    this.#pixels?.destroy()
  }

  async #present(): Promise<void> {
    const { width, height } = this.#texture!
    const bytesPerRow = Math.ceil((width * 4) / ROW_ALIGNMENT) * ROW_ALIGNMENT
    const buffer = this.#bufferOf(bytesPerRow * height)
    this.#gpu.submit('picture', encoder =>
      encoder.copyTextureToBuffer({ texture: this.#texture! }, { buffer, bytesPerRow }, [width, height]),
    )
    const rows = await this.#gpu.read(buffer, bytesPerRow * height)
    const picture = new ImageData(width, height)
    for (let y = 0; y < height; y++)
      picture.data.set(rows.subarray(y * bytesPerRow, y * bytesPerRow + width * 4), y * width * 4)
    this.#context.putImageData(picture, 0, 0)
  }

  #bufferOf(size: number): GPUBuffer {
    if (this.#pixels?.size === size) return this.#pixels
    this.#pixels?.destroy()
    this.#pixels = this.#gpu.device.createBuffer({
      label: 'picture',
      size,
      usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST,
    })
    return this.#pixels
  }
}
