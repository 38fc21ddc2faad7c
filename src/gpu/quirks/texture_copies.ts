// The textures through which the kernels of a program read some of their inputs: see texture_reads.ts.

import { textureUsage } from '../buffers.ts'
import type { Gpu } from '../gpu.ts'
import type { Range } from '../launch.ts'
import { ROW_PADDING, TEXTURE_WIDTH, type TextureFormat, texelBytes } from './texture_reads.ts'

/** A range of a buffer, to be copied into the texture of its binding just before the dispatch. */
export interface TextureCopy {
  binding: number
  format: TextureFormat
  range: Range
}

/** One texture for each binding and format, which all dispatches take in turn: as large as the largest of their copies. */
export class TextureCopies {
  readonly #gpu: Gpu
  readonly #textures: ReadonlyMap<string, GPUTexture>

  static async create(gpu: Gpu, label: string, copies: readonly TextureCopy[]): Promise<TextureCopies> {
    const rows = new Map<string, { format: TextureFormat; height: number }>()
    for (const copy of copies) {
      const { height = 0 } = rows.get(keyOf(copy)) ?? {}
      const { format } = copy
      rows.set(keyOf(copy), { format, height: Math.max(height, Math.ceil(vectorsOf(copy) / TEXTURE_WIDTH)) })
    }
    const textures = new Map<string, GPUTexture>()
    for (const [key, { format, height }] of rows) {
      const size = { width: TEXTURE_WIDTH + ROW_PADDING, height }
      const usage = textureUsage.storage | textureUsage.copyDestination
      textures.set(key, await gpu.allocateTexture(`${label} copies`, { size, format, usage }))
    }
    return new TextureCopies(gpu, textures)
  }

  private constructor(gpu: Gpu, textures: ReadonlyMap<string, GPUTexture>) {
    this.#gpu = gpu
    this.#textures = textures
  }

  view(copy: TextureCopy): GPUTextureView {
    return this.#textures.get(keyOf(copy))!.createView()
  }

  /** Records the copy: whole rows, then the vectors of the last one. */
  record(encoder: GPUCommandEncoder, copy: TextureCopy): void {
    const texture = this.#textures.get(keyOf(copy))!
    const { buffer, offset } = copy.range
    const rows = Math.floor(vectorsOf(copy) / TEXTURE_WIDTH)
    const rest = vectorsOf(copy) - rows * TEXTURE_WIDTH
    const bytesPerRow = TEXTURE_WIDTH * texelBytes(copy.format)
    if (rows > 0)
      encoder.copyBufferToTexture({ buffer, offset, bytesPerRow }, { texture }, [TEXTURE_WIDTH, rows])
    if (rest > 0)
      encoder.copyBufferToTexture(
        { buffer, offset: offset + rows * bytesPerRow },
        { texture, origin: [0, rows] },
        [rest, 1],
      )
  }

  /** A record of what the textures hold, for a submit. */
  holding(): HeldCopies {
    return new HeldCopies()
  }

  destroy(): void {
    for (const texture of this.#textures.values()) this.#gpu.release(texture)
  }
}

/** The ranges that the textures hold in the course of a program, so that nothing is copied twice. */
export class HeldCopies {
  readonly #held = new Map<string, Range>()

  /** Whether the copy has to be made. It is held from then on. */
  isNew(copy: TextureCopy): boolean {
    const held = this.#held.get(keyOf(copy))
    this.#held.set(keyOf(copy), copy.range)
    const { buffer, offset, size } = copy.range
    return !held || held.buffer !== buffer || held.offset !== offset || held.size !== size
  }

  /** Forgets copies of what is written. */
  forget(written: readonly Range[]): void {
    for (const [key, held] of this.#held)
      if (written.some(range => overlap(range, held))) this.#held.delete(key)
  }
}

const overlap = (a: Range, b: Range) =>
  a.buffer === b.buffer && a.offset < b.offset + b.size && b.offset < a.offset + a.size

const keyOf = ({ binding, format }: TextureCopy) => `${binding} ${format}`

const vectorsOf = ({ range, format }: TextureCopy) => range.size / texelBytes(format)
