// Inputs that a kernel reads through a texture instead of a buffer. A CPU adapter loads the four components of a vector from a
// texture together, but from a buffer one by one, each behind a check of its own: bench/NOTES.md has the times.
//
// A shader whose input may be read so has two lines for it, of exactly this form. It compiles as it stands, and reads a buffer:
//
//   @group(0) @binding(1) var<storage, read> input: array<vec4<Stored>>;   (or of vec4f)
//   fn input_at(index: u32) -> vec4f { return vec4f(input[index]); }
//
// For a kernel that names the input in `textures`, they are replaced by lines that read a texture, which holds the vectors row by
// row. texture_copies.ts fills it.

import { ShaderError } from '../errors.ts'
import type { Kernel } from '../kernel.ts'

/** Vectors in a row of the texture. */
export const TEXTURE_WIDTH = 1024

/**
 * Unused vectors behind each row: a cache line. Without them, all pixels of a map of 256 or more channels would lie in the same few sets
 * of a CPU's cache, and push each other out: bench/NOTES.md.
 */
export const ROW_PADDING = 4

/** The most rows that every adapter's textures may have. */
const MOST_ROWS = 8192

/** Components of a vector in memory. */
export type TextureFormat = 'rgba32float' | 'rgba16float'

/** Whether a texture holds so many vectors on every adapter. */
export const fitsTexture = (vectors: number): boolean => vectors <= TEXTURE_WIDTH * MOST_ROWS

export const texelBytes = (format: TextureFormat): number => (format === 'rgba32float' ? 16 : 8)

/** The text with the lines of a kernel's `textures` replaced. Throws ShaderError where the text lacks them. */
export function withTextureReads(
  text: string,
  { label, textures = [], stored }: Partial<Pick<Kernel, 'label' | 'textures' | 'stored'>>,
): string {
  const position = `vec2u(index % ${TEXTURE_WIDTH}u, index / ${TEXTURE_WIDTH}u)`
  return textures.reduce((before, name) => {
    const declared = before.replace(
      new RegExp(`var<storage, read(?:_write)?> ${name}: array<(vec4<Stored>|vec4f)>;`),
      (_, element) => {
        const format: TextureFormat = element !== 'vec4f' && stored === 'f16' ? 'rgba16float' : 'rgba32float'
        return `var ${name}: texture_storage_2d<${format}, read>;`
      },
    )
    const after = declared.replace(
      `return vec4f(${name}[index]);`,
      `return textureLoad(${name}, ${position});`,
    )
    if (declared === before || after === declared)
      throw new ShaderError(`${label}: the shader cannot read ${name} through a texture`)
    return after
  }, text)
}

const TEXTURE = /@group\(0\)\s*@binding\((\d+)\)\s*var\s+(\w+)\s*:\s*texture_storage_2d<(\w+), read>/g

/** The textures that a text declares. */
export const texturesOf = (text: string): { name: string; binding: number; format: TextureFormat }[] =>
  [...text.matchAll(TEXTURE)].map(([, binding, name, format]) => ({
    name,
    binding: Number(binding),
    format: format as TextureFormat,
  }))
