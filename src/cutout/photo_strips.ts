// A photo on the GPU in strips: a large one does not fit into a buffer that a shader can bind.

import { usage } from '../gpu/buffers.ts'
import type { Gpu } from '../gpu/gpu.ts'
import type { Launch, Range } from '../gpu/launch.ts'
import { Program } from '../gpu/program.ts'
import type { Rows } from '../kernels/geometry.ts'
import { VECTOR_BYTES } from '../kernels/layout.ts'
import { filteredRows, preprocess } from '../kernels/resizing/preprocess.ts'

interface Photo {
  /** RGBA, height · width · 4 bytes. */
  data: Uint8Array
  width: number
  height: number
}

/** The most bytes of a strip: large enough to keep a GPU busy. */
const STRIP_BYTES = 2 ** 25

/** Rows of `height` in parts, each of which has at most STRIP_BYTES, or is one row. */
function* strips(height: number, rowBytes: number): Generator<Rows> {
  const rows = Math.max(1, Math.min(height, Math.floor(STRIP_BYTES / rowBytes)))
  for (let from = 0; from < height; from += rows) yield { from, count: Math.min(rows, height - from) }
}

interface ColoursJob {
  photo: Photo
  size: { width: number; height: number }
  /** Takes red, green and blue from −0.5 to 0.5, a vec4 a pixel. */
  colours: GPUBuffer
  signal?: AbortSignal
}

/** The photo's colours at another size. */
export async function photoColours(gpu: Gpu, { photo, size, colours, signal }: ColoursJob): Promise<void> {
  const { width, height } = size
  const sourceBytes = (photo.width * 4 * photo.height) / height
  for (const rows of strips(height, Math.max(sourceBytes, width * VECTOR_BYTES))) {
    const sources = filteredRows({ from: photo.height, to: height }, rows)
    const kernel = preprocess({
      label: 'cutout colours',
      input: { n: 1, h: sources.count, w: photo.width },
      ...{ width, height, rows, inputRows: { from: sources.from, of: photo.height } },
      ...{ mean: [0.5, 0.5, 0.5], std: [1, 1, 1], flip: false },
    })
    const part = partOf(photo, sources)
    const bytes = rows.count * width * VECTOR_BYTES
    await runStrip(
      gpu,
      { part, bytes, signal },
      {
        launch: (image, output) => ({ kernel, ranges: { image, output } }),
        finish: (encoder, output) =>
          encoder.copyBufferToBuffer(output, 0, colours, rows.from * width * VECTOR_BYTES, bytes),
      },
    )
  }
}

/** What a kernel makes of the photo strip by strip, a u32 of each pixel. */
export async function photoStrips(
  gpu: Gpu,
  photo: Photo,
  signal: AbortSignal | undefined,
  launchOf: (rows: Rows, ranges: { photo: Range; pixels: Range }) => Launch,
): Promise<Uint8Array> {
  const pixels = new Uint8Array(photo.data.length)
  for (const rows of strips(photo.height, photo.width * 4)) {
    const part = partOf(photo, rows)
    await runStrip(
      gpu,
      { part, bytes: part.length, signal },
      {
        launch: (photo, pixels) => launchOf(rows, { photo, pixels }),
        read: data => pixels.set(data, rows.from * photo.width * 4),
      },
    )
  }
  return pixels
}

const partOf = ({ data, width }: Photo, { from, count }: Rows): Uint8Array =>
  data.subarray(from * width * 4, (from + count) * width * 4)

interface StripSteps {
  launch(input: Range, output: Range): Launch
  finish?(encoder: GPUCommandEncoder, output: GPUBuffer): void
  read?(data: Uint8Array): void
}

/** `bytes`: of the output. */
async function runStrip(
  gpu: Gpu,
  { part, bytes, signal }: { part: Uint8Array; bytes: number; signal?: AbortSignal },
  { launch, finish, read }: StripSteps,
): Promise<void> {
  const flags = usage.storage | usage.copySource | usage.copyDestination
  const buffers = await gpu.allocateAll([
    { label: 'cutout photo', size: part.length, flags },
    { label: 'cutout strip', size: bytes, flags },
  ])
  const [input, output] = buffers
  try {
    gpu.device.queue.writeBuffer(input, 0, part as BufferSource)
    const range = (buffer: GPUBuffer): Range => ({ buffer, offset: 0, size: buffer.size })
    const program = await Program.create(gpu, 'cutout', [launch(range(input), range(output))])
    try {
      await program.run({ finish: encoder => finish?.(encoder, output), signal })
      read?.(await gpu.download(output, bytes))
    } finally {
      program.destroy()
    }
  } finally {
    for (const buffer of buffers) gpu.release(buffer)
  }
}
