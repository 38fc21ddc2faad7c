// What the host needs to know of a shader, parsed from its text: the text is the one declaration.

import type { Kernel } from './kernel.ts'

/** A field of `struct Params`: its name, and which of the 4-byte scalar types it has. */
interface Field {
  name: string
  type: 'u32' | 'i32' | 'f32'
}

export interface Interface {
  params: Field[]
  /** Storage buffers in the order of their binding numbers; binding 0 is the uniform `params`. */
  buffers: {
    name: string
    binding: number
    access: 'read' | 'read_write'
    /** Whether it holds numbers of the type `Stored`, rather than of one that the text fixes. */
    stored: boolean
  }[]
}

/** Reads `struct Params` and the storage bindings of group 0 out of WGSL text. The four parts of a vec4u are fields `name.x` … `name.w`. */
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
      'struct Params: each vec4u has to come before the scalars, so that nothing lies between fields',
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
  return { params, buffers: buffers.sort((a, b) => a.binding - b.binding) }
}

/** Packs parameters by name; a missing or an extra name throws, and so does a value that its type cannot hold. */
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
 * The text, then its constants and what it stores numbers as, if it asks for that: WGSL takes declarations in any order, and so
 * lines keep the numbers that the file gives them. Only what enables f16 has to come first, on the first line.
 */
export function assemble(
  text: string,
  { consts = {}, stored }: Pick<Kernel, 'consts' | 'stored'> = {},
): string {
  const lines = Object.entries(consts).map(([name, value]) => `const ${name} = ${value}u;\n`)
  if (/\bStored\b/.test(text)) lines.push(`alias Stored = ${stored ?? 'f32'};\n`)
  return (stored === 'f16' ? 'enable f16; ' : '') + text + lines.join('')
}

/** For error messages. */
export const numbered = (wgsl: string): string =>
  wgsl
    .split('\n')
    .map((line, index) => `${String(index + 1).padStart(4)}  ${line}`)
    .join('\n')
