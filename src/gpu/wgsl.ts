// WGSL text: how a file of shaders/ becomes the text that WebGPU compiles, and what the host reads from it.
//
// Each file compiles with its defaults. Four kinds of lines have a meaning for the host:
//
// - `const NAME = 4u;`, at the start of a line, declares a constant and its default. `assemble` puts a kernel's number in
//   its place. A constant that is computed from other constants keeps its expression. Shaders have no `override`: with one
//   way to set a constant, the text alone is the key of the pipeline cache.
// - `alias Stored = f32;` declares the type of activations and packed weights in memory. `assemble` replaces it for
//   kernels that store f16.
// - `@compute …` begins the entry point. `assemble` adds the size of subgroups that a kernel asks for.
// - `#import "lib/NAME.wgsl"` stands for the text of that file. scripts/embed_shaders.mjs inserts it when it embeds the
//   shaders. Line numbers in errors count the inserted lines too, and the error prints the whole text.
//
// quirks/texture_reads.ts has the lines that stand for an input which a kernel may read through a texture.
//
// The text is the only declaration of a shader's parameters, buffers and constants: the host parses them.
// shader_constants.ts reads the constants for the launchers.

import { ShaderError } from './errors.ts'
import type { Kernel } from './kernel.ts'
import { type TextureFormat, texturesOf, withTextureReads } from './quirks/texture_reads.ts'

/** A field of `struct Params`: its name and its type, a scalar of 4 bytes. */
interface Field {
  name: string
  type: 'u32' | 'i32' | 'f32'
}

export interface Interface {
  params: Field[]
  /** Storage buffers, and textures in place of some, by their binding numbers; binding 0 is the uniform `params`. */
  buffers: {
    name: string
    binding: number
    access: 'read' | 'read_write'
    /** Whether its elements are of the type `Stored`, and not of a fixed type. */
    stored: boolean
    /** Of a texture that holds a copy of the buffer: its format. */
    texture?: TextureFormat
  }[]
  /** Whether it reads `first_workgroup` (lib/workgroup_index.wgsl), so that a dispatch may start at any of its workgroups. */
  divisible: boolean
}

/** Parses `struct Params` and the storage bindings of group 0. A vec4u counts as four fields, `name.x` … `name.w`. */
export function parseInterface(wgsl: string): Interface {
  const text = wgsl.replace(/\/\/.*$/gm, '')
  const body = /struct\s+Params\s*\{([^}]*)\}/.exec(text)?.[1] ?? ''
  const declared = [...body.matchAll(/(\w+)\s*:\s*(\w+)/g)].map(([, name, type]) => ({ name, type }))
  const params = declared.flatMap(({ name, type }): Field[] => {
    if (type === 'vec4u') return [...'xyzw'].map(part => ({ name: `${name}.${part}`, type: 'u32' }))
    if (type !== 'u32' && type !== 'i32' && type !== 'f32')
      throw new Error(`struct Params may hold only u32, i32, f32 and vec4u, not ${type}`)
    return [{ name, type }]
  })
  if (params.some(({ name }, index) => name.endsWith('.x') && index % 4 > 0))
    throw new Error(
      'struct Params: each vec4u has to come before the scalars, so that there is no padding between fields',
    )
  const bindings = text.matchAll(
    /@group\(0\)\s*@binding\((\d+)\)\s*var<storage,\s*(read|read_write)>\s*(\w+)\s*:([^;]*)/g,
  )
  const buffers = [...bindings].map(([, binding, access, name, type]) => ({
    name,
    binding: Number(binding),
    access: access as 'read' | 'read_write',
    stored: /\bStored\b/.test(type),
  }))
  const divisible = /@group\(1\)\s*@binding\(0\)\s*var<uniform>\s*first_workgroup\s*:/.test(text)
  const textures = texturesOf(text).map(({ name, binding, format }) => {
    return { name, binding, access: 'read' as const, stored: true, texture: format }
  })
  const all = [...buffers, ...textures].sort((a, b) => a.binding - b.binding)
  return { params, buffers: all, divisible }
}

/** Packs parameters by name. Throws for a missing name, for an extra name, and for a value that its type cannot hold. */
export function packParams(fields: Field[], values: Record<string, number>, label: string): ArrayBuffer {
  const bytes = new DataView(new ArrayBuffer(Math.max(16, Math.ceil(fields.length / 4) * 16)))
  fields.forEach(({ name, type }, index) => {
    const value = values[name]
    if (typeof value !== 'number') throw new Error(`${label}: parameter ${name} is missing`)
    if (type === 'f32') bytes.setFloat32(index * 4, value, true)
    else if (value !== (type === 'u32' ? value >>> 0 : value | 0))
      throw new Error(`${label}: parameter ${name} is ${value}, which no ${type} can hold`)
    else if (type === 'u32') bytes.setUint32(index * 4, value, true)
    else bytes.setInt32(index * 4, value, true)
  })
  const known = new Set(fields.map(({ name }) => name))
  const extra = Object.keys(values).filter(name => !known.has(name))
  if (extra.length > 0) throw new Error(`${label}: no such parameter: ${extra.join(', ')}`)
  return bytes.buffer
}

/**
 * A shader's text with the constants, the stored type, the size of subgroups and the textures of a kernel, each in place of its
 * default. Each line keeps its number. Throws ShaderError for what the text does not declare.
 */
export function assemble(
  text: string,
  kernel: Partial<Pick<Kernel, 'label' | 'constants' | 'stored' | 'subgroupSize' | 'textures'>> & {
    /** Whether what `uniform_in_subgroup` takes is the same in each subgroup. */
    isUniform?: boolean
  } = {},
): string {
  const { label, constants = {}, stored, subgroupSize } = kernel
  const missing = new Set(Object.keys(constants))
  const replaced = text.replace(/^const (\w+) = \d+u;/gm, (declaration, name) =>
    missing.delete(name) ? `const ${name} = ${constants[name]}u;` : declaration,
  )
  if (missing.size > 0)
    throw new ShaderError(`${label}: the shader declares no constant ${[...missing].join(', ')}`)
  const read = withTextureReads(kernel.isUniform ? withUniform(replaced, label) : replaced, kernel)
  const sized = subgroupSize === undefined ? read : withSubgroupSize(read, subgroupSize)
  if (stored !== 'f16') return sized
  return `enable f16; ${sized.replace(/^alias Stored = f32;/m, 'alias Stored = f16;')}`
}

const UNIFORM = /(fn uniform_in_subgroup\(value:\s*u32\)\s*->\s*u32\s*\{\s*return )value;/

function withUniform(text: string, label?: string): string {
  if (!UNIFORM.test(text))
    throw new ShaderError(`${label}: the shader declares no function uniform_in_subgroup`)
  return `enable subgroups; ${text.replace(UNIFORM, '$1subgroupBroadcastFirst(value);')}`
}

const withSubgroupSize = (text: string, size: number): string =>
  `enable subgroups; enable subgroup_size_control; ${text.replace(/^@compute\b/m, `@compute @subgroup_size(${size})`)}`

/** The text with line numbers, for error messages. */
export const numbered = (wgsl: string): string =>
  wgsl
    .split('\n')
    .map((line, index) => `${String(index + 1).padStart(4)}  ${line}`)
    .join('\n')
