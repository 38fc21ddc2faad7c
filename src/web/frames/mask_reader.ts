// The facts that a page shows of a class map that stays on the GPU: the share of each class, and the class under the pointer.

import { usage } from '../../gpu/buffers.ts'
import type { Gpu } from '../../gpu/gpu.ts'
import { constantOf, workgroupSize } from '../../gpu/shader_constants.ts'
import type { GpuClassMap } from '../../inference/segmenter.ts'
import { count_classes } from '../shaders.gen.ts'

const CLASSES = 256
const WORKGROUP_PIXELS = constantOf(count_classes, 'WORDS') * workgroupSize(count_classes) * 4

export class MaskReader {
  readonly #gpu: Gpu
  readonly #pipeline: GPUComputePipeline

  static async create(gpu: Gpu): Promise<MaskReader> {
    const module = gpu.device.createShaderModule({ label: 'count_classes', code: count_classes.wgsl })
    const pipeline = await gpu.device.createComputePipelineAsync({
      label: 'count_classes',
      layout: 'auto',
      compute: { module },
    })
    return new MaskReader(gpu, pipeline)
  }

  private constructor(gpu: Gpu, pipeline: GPUComputePipeline) {
    this.#gpu = gpu
    this.#pipeline = pipeline
  }

  /** Pixels by class id. Reads one kilobyte back. */
  async count({ mask, width, height }: GpuClassMap): Promise<Uint32Array> {
    const { device } = this.#gpu
    const pixels = width * height
    const buffer = (size: number, flags: number) =>
      device.createBuffer({ label: 'count_classes', size, usage: flags })
    const size = buffer(16, usage.uniform | usage.copyDestination)
    const counts = buffer(CLASSES * 4, usage.storage | usage.copySource)
    const readback = buffer(CLASSES * 4, usage.mapRead | usage.copyDestination)
    device.queue.writeBuffer(size, 0, Uint32Array.of(pixels))
    const bindGroup = device.createBindGroup({
      label: 'count_classes',
      layout: this.#pipeline.getBindGroupLayout(0),
      entries: [mask, counts, size].map((buffer, binding) => ({ binding, resource: { buffer } })),
    })
    try {
      this.#gpu.submit('count_classes', encoder => {
        const pass = encoder.beginComputePass({ label: 'count_classes' })
        pass.setPipeline(this.#pipeline)
        pass.setBindGroup(0, bindGroup)
        pass.dispatchWorkgroups(Math.ceil(pixels / WORKGROUP_PIXELS))
        pass.end()
        encoder.copyBufferToBuffer(counts, 0, readback, 0, CLASSES * 4)
      })
      return new Uint32Array((await this.#gpu.read(readback, CLASSES * 4)).buffer)
    } finally {
      for (const used of [size, counts, readback]) used.destroy()
    }
  }

  /** The class id of a pixel. Reads one word back. */
  async classAt({ mask, width }: GpuClassMap, x: number, y: number): Promise<number> {
    const pixel = y * width + x
    const flags = usage.mapRead | usage.copyDestination
    const readback = this.#gpu.device.createBuffer({ label: 'class of a pixel', size: 4, usage: flags })
    try {
      this.#gpu.submit('class of a pixel', encoder =>
        encoder.copyBufferToBuffer(mask, pixel - (pixel % 4), readback, 0, 4),
      )
      return (await this.#gpu.read(readback, 4))[pixel % 4]
    } finally {
      readback.destroy()
    }
  }
}
