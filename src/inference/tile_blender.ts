// Blends the scores of a photo's windows, block by block: a block is what the same windows cover, or some rows of it. Only one block
// has a number for each class at each pixel.

import { usage } from '../gpu/buffers.ts'
import { storedAsFloat16 } from '../gpu/float16_storage.ts'
import type { Gpu } from '../gpu/gpu.ts'
import type { Launch, Range } from '../gpu/launch.ts'
import { Program } from '../gpu/program.ts'
import { activationBytes, type Shape, unpadChannels } from '../kernels/layout.ts'
import { accumulateProbabilities } from '../kernels/resizing/accumulate_probabilities.ts'
import { classMapWords, upsampleArgmax } from '../kernels/resizing/upsample_argmax.ts'
import type { ClassMap } from './class_map.ts'
import type { TiledAxis, Tiling } from './tiling.ts'
import type { View } from './views.ts'

/** The logits of one view of a window, on the GPU. */
export interface WindowScores {
  buffer: GPUBuffer
  /** [1, h, w, classes] */
  shape: Shape
  isFloat16: boolean
  view: Pick<View, 'flip' | 'weight'>
}

type Part = TiledAxis['parts'][number]

interface Blending {
  tiling: Tiling
  classes: number
  /** The convention of the network's upsampling. */
  alignCorners: boolean
  withScores: boolean
  signal?: AbortSignal
}

/** The size of a block's buffer: large enough to keep a GPU busy, and small next to the photo. */
const BLOCK_BYTES = 2 ** 25

export class TileBlender {
  /** The result, complete when all rows are blended. */
  readonly map: ClassMap
  readonly #gpu: Gpu
  readonly #options: Blending
  readonly #buffers: GPUBuffer[]

  static async create(gpu: Gpu, options: Blending): Promise<TileBlender> {
    const { rows, columns } = options.tiling
    const weights = new Float32Array(rows.weights.length + columns.weights.length)
    weights.set(rows.weights)
    weights.set(columns.weights, rows.weights.length)
    const storage = usage.storage | usage.copySource | usage.copyDestination
    const read = usage.mapRead | usage.copyDestination
    const [bytes, words] = largestBlock(options)
    const buffers = await gpu.allocateAll([
      { label: 'tile weights', size: weights.byteLength, flags: storage },
      { label: 'tile block', size: bytes, flags: storage },
      { label: 'tile classes', size: words * 4, flags: storage },
      { label: 'tile classes read', size: words * 4, flags: read },
      ...(options.withScores ? [{ label: 'tile block read', size: bytes, flags: read }] : []),
    ])
    gpu.device.queue.writeBuffer(buffers[0], 0, weights)
    return new TileBlender(gpu, options, buffers)
  }

  private constructor(gpu: Gpu, options: Blending, buffers: GPUBuffer[]) {
    this.#gpu = gpu
    this.#options = options
    this.#buffers = buffers
    const [height, width] = [lengthOf(options.tiling.rows), lengthOf(options.tiling.columns)]
    const { classes, withScores } = options
    this.map = { mask: new Uint8Array(width * height), width, height }
    if (withScores)
      this.map.scores = { data: new Float32Array(width * height * classes), width, height, classes }
  }

  /** Blends some rows of the photo. `scoresOf`: the views of a window by the indices of its row and its column. */
  async blend(rows: Part, scoresOf: (row: number, column: number) => readonly WindowScores[]): Promise<void> {
    const { columns } = this.#options.tiling
    for (const part of columns.parts)
      for (const block of blocksOf(rows, part.count, this.#options.classes))
        await this.#blendBlock(block, part, scoresOf)
  }

  destroy(): void {
    for (const buffer of this.#buffers) this.#gpu.release(buffer)
  }

  async #blendBlock(
    rows: Part,
    columns: Part,
    scoresOf: (row: number, column: number) => readonly WindowScores[],
  ): Promise<void> {
    const { classes, signal } = this.#options
    const [, block, ids, idsRead, blockRead] = this.#buffers
    const shape = [1, rows.count, columns.count, classes] as const
    const bytes = activationBytes(shape)
    const words = classMapWords(rows.count, columns.count)
    const launches: Launch[] = []
    for (const row of rows.windows)
      for (const column of columns.windows)
        for (const scores of scoresOf(row, column))
          launches.push(this.#addition(scores, { rows, row, columns, column, first: launches.length === 0 }))
    const size = { input: shape, height: rows.count, width: columns.count, alignCorners: false }
    const argmax = upsampleArgmax({ label: 'tile mask', ...size, onGpu: !this.#gpu.isCpu })
    launches.push({ kernel: argmax, ranges: { logits: rangeOf(block), classes: rangeOf(ids) } })
    const program = await Program.create(this.#gpu, 'tile', launches)
    try {
      await program.run({
        finish(encoder) {
          encoder.copyBufferToBuffer(ids, 0, idsRead, 0, words * 4)
          if (blockRead) encoder.copyBufferToBuffer(block, 0, blockRead, 0, bytes)
        },
        signal,
      })
      this.#place(await this.#gpu.read(idsRead, words * 4), this.map.mask, { rows, columns, values: 1 })
      if (!blockRead) return
      const scores = unpadChannels(new Float32Array((await this.#gpu.read(blockRead, bytes)).buffer), shape)
      this.#place(scores, this.map.scores!.data, { rows, columns, values: classes })
    } finally {
      program.destroy()
    }
  }

  /** Adds the probabilities of a view of a window to a block. */
  #addition(
    { buffer, shape, isFloat16, view }: WindowScores,
    { rows, row, columns, column, first }: BlockWindow,
  ): Launch {
    const { tiling, alignCorners } = this.#options
    const [high, wide] = [tiling.rows.windows[row], tiling.columns.windows[column]]
    const [top, left] = [rows.from - high.from, columns.from - wide.from]
    const before = tiling.rows.weights.length
    const kernel = accumulateProbabilities({
      label: 'tile',
      input: shape,
      height: high.count,
      width: wide.count,
      alignCorners,
      ...view,
      first,
      rows: { from: top, count: rows.count },
      columns: { from: left, count: columns.count },
      window: {
        count: before + tiling.columns.weights.length,
        rows: row * high.count + top,
        columns: before + column * wide.count + left,
      },
    })
    const [weights, block] = this.#buffers
    const ranges = { logits: rangeOf(buffer), weights: rangeOf(weights), accumulator: rangeOf(block) }
    return { kernel: isFloat16 ? storedAsFloat16(kernel) : kernel, ranges }
  }

  /** Copies a block's values into the photo's. */
  #place<Values extends Uint8Array | Float32Array>(
    block: Values,
    into: Values,
    { rows, columns, values }: { rows: Part; columns: Part; values: number },
  ): void {
    const pitch = columns.count * values
    for (let y = 0; y < rows.count; y++) {
      const line = block.subarray(y * pitch, (y + 1) * pitch)
      into.set(line, ((rows.from + y) * this.map.width + columns.from) * values)
    }
  }
}

/** A window of a block. */
interface BlockWindow {
  rows: Part
  /** The window's row and column. */
  row: number
  columns: Part
  column: number
  first: boolean
}

const rangeOf = (buffer: GPUBuffer): Range => ({ buffer, offset: 0, size: buffer.size })

const lengthOf = ({ windows }: TiledAxis): number => windows.at(-1)!.from + windows.at(-1)!.count

/** The rows in parts that fit in a block's buffer; at least one row each. */
function blocksOf(rows: Part, width: number, classes: number): Part[] {
  const most = Math.max(1, Math.floor(BLOCK_BYTES / activationBytes([1, 1, width, classes])))
  const blocks = Math.ceil(rows.count / most)
  return Array.from({ length: blocks }, (_, i) => {
    const from = rows.from + i * most
    return { ...rows, from, count: Math.min(most, rows.from + rows.count - from) }
  })
}

/** The bytes of the largest block's probabilities, and the words of its classes. */
function largestBlock({ tiling: { rows, columns }, classes }: Blending): [bytes: number, words: number] {
  const longest = ({ parts }: TiledAxis) => Math.max(...parts.map(({ count }) => count))
  const pixel = activationBytes([1, 1, 1, classes])
  const row = longest(columns) * pixel
  const bytes = Math.max(row, Math.min(BLOCK_BYTES, longest(rows) * row))
  return [bytes, Math.ceil(bytes / pixel / 4)]
}
