// Which buffers a launch's bind group has.

import { type Gpu, PLACEHOLDER_BYTES } from './gpu.ts'
import type { Kernel } from './kernel.ts'
import type { Pipeline } from './pipelines.ts'
import type { Launch, Range } from './program.ts'

/** The bind group's entries without the parameters. Throws if the kernel, its shader and its ranges do not match. */
export function storageEntries(
  gpu: Gpu,
  { kernel, ranges }: Launch,
  pipeline: Pipeline,
): GPUBindGroupEntry[] {
  const { buffers } = pipeline.interface
  const sizes: Record<string, number> = { ...kernel.inputs, ...kernel.outputs }
  const unknown = Object.keys(sizes).filter(name => buffers.every(buffer => buffer.name !== name))
  if (unknown.length > 0) throw new Error(`${kernel.label}: the shader has no buffer ${unknown.join(', ')}`)
  return buffers.map(({ name, binding }) => {
    if (!(name in sizes)) throw new Error(`${kernel.label}: buffer ${name} is missing`)
    const placeholder = {
      buffer: gpu.placeholder,
      offset: binding * PLACEHOLDER_BYTES,
      size: PLACEHOLDER_BYTES,
    }
    return { binding, resource: sizes[name] === 0 ? placeholder : rangeOf(kernel, ranges, name, sizes[name]) }
  })
}

function rangeOf(kernel: Kernel, ranges: Record<string, Range>, name: string, size: number): Range {
  const range = ranges[name]
  if (!range) throw new Error(`${kernel.label}: nothing is bound to ${name}`)
  if (range.size < size)
    throw new Error(`${kernel.label}: ${name} needs ${size} bytes, bound to ${range.size}`)
  return range
}
