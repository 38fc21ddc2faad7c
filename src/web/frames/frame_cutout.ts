// Cut-outs of frames: classes of a video's frame on another background, on the GPU from the frame to the picture.

import {
  backdropLaunches,
  matteBuffers,
  matteLaunches,
  rangeOf,
  workingSize,
} from '../../cutout/matte_launches.ts'
import type { Colour } from '../../data/palette.ts'
import { usage } from '../../gpu/buffers.ts'
import type { Gpu } from '../../gpu/gpu.ts'
import type { Kernel, Shader } from '../../gpu/kernel.ts'
import type { Launch } from '../../gpu/launch.ts'
import { Program } from '../../gpu/program.ts'
import { workgroupsFor } from '../../gpu/shader_constants.ts'
import type { GpuClassMap, GpuPhoto } from '../../inference/segmenter.ts'
import { VECTOR_BYTES } from '../../kernels/layout.ts'
import { mattePixels } from '../../kernels/matting/matte.ts'
import { preprocess } from '../../kernels/resizing/preprocess.ts'
import { samplingParams } from '../../kernels/resizing/resize.ts'
import { classMapWords } from '../../kernels/resizing/upsample_argmax.ts'
import type { Size } from '../../library/pixels.ts'
import { cover } from '../cutout_file.ts'
import type { ImageSource } from '../photo_source.ts'
import { backdrop_pixels, cutout_over, kept_probability } from '../shaders.gen.ts'

export interface FrameCutoutOptions {
  /** The ids of the classes to keep. */
  ids: readonly number[]
  /**
   * What is behind them: the frame's own background, blurred; a colour, as red, green and blue from 0 to 255; or a picture, which covers the
   * frame's size. Default: a chequered ground, as for what is transparent.
   */
  background?: 'blur' | Colour | { picture: ImageSource }
}

/** A frame and its classes, on the GPU: two fields of a GpuSegmentation. */
export interface CutoutFrame {
  photo: GpuPhoto
  map: GpuClassMap
}

/** The most pixels at which the filter works: fewer than of a photo, because a frame has milliseconds. */
const MOST_PIXELS = 2 ** 18

const CLASSES = 256
const FLAGS = usage.storage | usage.copySource | usage.copyDestination

/** Cuts out of frames of one size, with class maps of one size. Nothing is read back. */
export class FrameCutout {
  readonly #gpu: Gpu
  readonly #sizes: string
  readonly #buffers: Buffers
  readonly #program: Program
  readonly #size: Size

  /** For frames like this one. Throws OutOfMemoryError, and a UserError for a picture that cannot be read. */
  static async create(gpu: Gpu, frame: CutoutFrame, options: FrameCutoutOptions): Promise<FrameCutout> {
    const { ids, background } = options
    const behind = background === 'blur' ? undefined : await groundOf(background, frame.photo)
    const buffers = await allocated(gpu, frame)
    const { queue } = gpu.device
    queue.writeBuffer(
      buffers.kept,
      0,
      Uint32Array.from({ length: CLASSES }, (_, id) => Number(ids.includes(id))),
    )
    if (behind) queue.writeBuffer(buffers.behind, 0, behind as BufferSource)
    try {
      const launches = launchesOf(frame, buffers, background === 'blur')
      return new FrameCutout(gpu, frame, buffers, await Program.create(gpu, 'frame cutout', launches))
    } catch (error) {
      for (const buffer of Object.values(buffers)) gpu.release(buffer)
      throw error
    }
  }

  private constructor(gpu: Gpu, frame: CutoutFrame, buffers: Buffers, program: Program) {
    this.#gpu = gpu
    this.#sizes = sizesOf(frame)
    this.#buffers = buffers
    this.#program = program
    this.#size = { width: frame.photo.width, height: frame.photo.height }
  }

  /** Whether it takes frames like this one: not those of a phone that was turned, nor those on another GPU. */
  fits(gpu: Gpu, frame: CutoutFrame): boolean {
    return gpu === this.#gpu && sizesOf(frame) === this.#sizes
  }

  /** The picture of a frame, opaque. Resolves when the work is submitted. The next frame replaces the picture. */
  async apply({ photo, map }: CutoutFrame): Promise<GpuPhoto> {
    const { photo: ownPhoto, mask, picture } = this.#buffers
    await this.#program.run({
      begin: encoder => {
        encoder.copyBufferToBuffer(photo.data, 0, ownPhoto, 0, ownPhoto.size)
        encoder.copyBufferToBuffer(map.mask, 0, mask, 0, mask.size)
      },
    })
    const { width, height } = this.#size
    return { data: picture, width, height, originalWidth: width, originalHeight: height }
  }

  destroy(): void {
    this.#program.destroy()
    for (const buffer of Object.values(this.#buffers)) this.#gpu.release(buffer)
  }
}

const sizesOf = ({ photo, map }: CutoutFrame) => [photo.width, photo.height, map.width, map.height].join()

type Buffers = Awaited<ReturnType<typeof allocated>>

async function allocated(gpu: Gpu, { photo, map }: CutoutFrame) {
  const bytes = photo.width * photo.height * 4
  const own = { photo: bytes, pixels: bytes, behind: bytes, picture: bytes, kept: CLASSES * 4 }
  const wanted = { ...own, mask: classMapWords(map.height, map.width) * 4 }
  const [colours, probability, coefficients, moments, means, ...rest] = await gpu.allocateAll([
    ...matteBuffers(workingSize(photo, MOST_PIXELS)).map(each => ({ ...each, flags: FLAGS })),
    ...Object.entries(wanted).map(([name, size]) => ({ label: `cutout ${name}`, size, flags: FLAGS })),
  ])
  const named = Object.fromEntries(Object.keys(wanted).map((name, i) => [name, rest[i]]))
  return {
    ...(named as Record<keyof typeof wanted, GPUBuffer>),
    ...{ colours, probability, coefficients, moments, means },
  }
}

function launchesOf({ photo, map }: CutoutFrame, buffers: Buffers, isBlurred: boolean): Launch[] {
  const size = workingSize(photo, MOST_PIXELS)
  const working = { h: size.height, w: size.width }
  const full = { h: photo.height, w: photo.width }
  const range = (name: keyof Buffers) => rangeOf(buffers[name])
  const matte = matteLaunches(size, buffers)
  const { coefficients, layers } = matte
  const colours = preprocess({
    ...{ label: 'cutout colours', input: { n: 1, ...full }, ...size },
    ...{ mean: [0.5, 0.5, 0.5], std: [1, 1, 1], flip: false },
  })
  const kept = sampled(kept_probability, {
    ...{ from: { h: map.height, w: map.width }, to: working },
    inputs: { mask: buffers.mask.size, kept: CLASSES * 4 },
    output: { name: 'probability', bytes: VECTOR_BYTES },
  })
  const backdrop = sampled(backdrop_pixels, {
    ...{ from: working, to: full },
    inputs: { layers: layers.size },
    output: { name: 'behind', bytes: 4 },
  })
  const blurred = { kernel: backdrop, ranges: { layers, behind: range('behind') } }
  return [
    { kernel: colours, ranges: { image: range('photo'), output: range('colours') } },
    {
      kernel: kept,
      ranges: { mask: range('mask'), kept: range('kept'), probability: range('probability') },
    },
    ...matte.launches,
    {
      kernel: mattePixels({ label: 'cutout pixels', ...photo, input: working }),
      ranges: { photo: range('photo'), coefficients, layers, pixels: range('pixels') },
    },
    ...(isBlurred ? [...backdropLaunches(size, buffers), blurred] : []),
    {
      kernel: over(photo),
      ranges: { pixels: range('pixels'), behind: range('behind'), picture: range('picture') },
    },
  ]
}

interface Sampling {
  from: { h: number; w: number }
  to: { h: number; w: number }
  /** Bytes by name. */
  inputs: Record<string, number>
  /** Bytes of a pixel. */
  output: { name: string; bytes: number }
}

/** A kernel that computes each pixel of `to` from four of `from`. */
function sampled(shader: Shader, { from, to, inputs, output }: Sampling): Kernel {
  const count = to.h * to.w
  return {
    label: shader.name,
    shader,
    params: { in_h: from.h, in_w: from.w, out_w: to.w, count, ...samplingParams(from, to, false) },
    inputs,
    outputs: { [output.name]: count * output.bytes },
    workgroups: workgroupsFor(shader, count),
  }
}

function over({ width, height }: Size): Kernel {
  const count = width * height
  return {
    ...{ label: cutout_over.name, shader: cutout_over, params: { count } },
    inputs: { pixels: count * 4, behind: count * 4 },
    outputs: { picture: count * 4 },
    workgroups: workgroupsFor(cutout_over, count),
  }
}

/** The edge of a field of the chequered ground, in pixels, and its greys. */
const FIELD = 16
const GREYS = [0xffc4c4c4, 0xfff4f4f4]

/** RGBA of the frame's size. */
async function groundOf(
  background: Exclude<FrameCutoutOptions['background'], 'blur'>,
  { width, height }: Size,
): Promise<Uint8Array> {
  if (background !== undefined && 'picture' in background)
    return (await cover(background.picture, { width, height })).data
  const pixels = new Uint32Array(width * height)
  const plain = background && new Uint32Array(Uint8Array.of(...background, 255).buffer)[0]
  for (let i = 0; i < pixels.length; i++)
    pixels[i] = plain ?? GREYS[(Math.floor((i % width) / FIELD) + Math.floor(i / width / FIELD)) % 2]
  return new Uint8Array(pixels.buffer)
}
