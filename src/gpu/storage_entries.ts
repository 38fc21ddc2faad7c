// Which buffers a launch's bind group has, and which are copied into textures instead.

import { PLACEHOLDER_BYTES } from './buffers.ts'
import type { Gpu } from './gpu.ts'
import type { Kernel } from './kernel.ts'
import type { Launch, Range } from './launch.ts'
import type { Pipeline } from './pipelines.ts'
import type { TextureCopy } from './quirks/texture_copies.ts'

/** The bind group's entries for buffers, without the parameters. Throws if the kernel, its shader and its ranges do not match. */
export function storageEntries(
  gpu: Gpu,
  { kernel, ranges }: Launch,
  pipeline: Pipeline,
): GPUBindGroupEntry[] {
  const { buffers } = pipeline.interface
  const sizes: Record<string, number> = { ...kernel.inputs, ...kernel.outputs }
  const unknown = Object.keys(sizes).filter(name => buffers.every(buffer => buffer.name !== name))
  if (unknown.length > 0) throw new Error(`${kernel.label}: the shader has no buffer ${unknown.join(', ')}`)
  return buffers.flatMap(({ name, binding, texture }) => {
    if (!(name in sizes)) throw new Error(`${kernel.label}: buffer ${name} is missing`)
    if (texture) return []
    const placeholder = {
      buffer: gpu.placeholder,
      offset: binding * PLACEHOLDER_BYTES,
      size: PLACEHOLDER_BYTES,
    }
    const size = sizes[name]
    return [{ binding, resource: size === 0 ? placeholder : rangeOf(kernel, ranges, name, size) }]
  })
}

/** The ranges that a launch reads through textures. */
export const textureCopies = (
  { kernel, ranges }: Launch,
  { interface: { buffers } }: Pipeline,
): TextureCopy[] =>
  buffers.flatMap(({ name, binding, texture }) => {
    if (!texture) return []
    const size = kernel.inputs[name]
    return [{ binding, format: texture, range: { ...rangeOf(kernel, ranges, name, size), size } }]
  })

/** The ranges that a launch writes. */
export const writtenRanges = ({ kernel, ranges }: Launch): Range[] =>
  Object.keys(kernel.outputs).flatMap(name => (kernel.outputs[name] > 0 ? [ranges[name]] : []))

function rangeOf(kernel: Kernel, ranges: Record<string, Range>, name: string, size: number): Range {
  const range = ranges[name]
  if (!range) throw new Error(`${kernel.label}: nothing is bound to ${name}`)
  if (range.size < size)
    throw new Error(`${kernel.label}: ${name} needs ${size} bytes, bound to ${range.size}`)
  return range
}
