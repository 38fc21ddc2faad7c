// Many ranges in few buffers: one after the other, in one buffer where it is not too large for the GPU, else in several.

import { UserError } from '../../errors.ts'
import type { Gpu } from '../../gpu/gpu.ts'
import type { Range } from '../../gpu/launch.ts'
import { mebibytes } from '../ir/tensor_bytes.ts'
import type { PlanLimits } from '../plan/limits.ts'

/** A range's name and its bytes. */
interface Wanted {
  name: string
  size: number
}

/** A range of the buffer with this index. */
export interface Place {
  buffer: number
  offset: number
  size: number
}

/**
 * Where each range lies, and the bytes of each buffer. Every range begins where it may be bound. `bufferBytes` is empty if no range
 * is wanted. Throws a UserError if a range is too large for one binding.
 */
export function spread(
  wanted: readonly Wanted[],
  { maxStorageBufferBindingSize, maxBufferSize, minStorageBufferOffsetAlignment: alignment }: PlanLimits,
): { places: Place[]; bufferBytes: number[] } {
  const largest = Math.min(maxStorageBufferBindingSize, maxBufferSize)
  const bufferBytes: number[] = []
  const places = wanted.map(({ name, size }) => {
    if (size > largest)
      throw new UserError(
        `${name} takes ${mebibytes(size)}, and this GPU binds ${mebibytes(largest)} at once: take a smaller network, or another GPU`,
      )
    const padded = Math.ceil(size / alignment) * alignment
    const last = bufferBytes.at(-1)
    if (last === undefined || last + padded > maxBufferSize) bufferBytes.push(0)
    const buffer = bufferBytes.length - 1
    const offset = bufferBytes[buffer]
    bufferBytes[buffer] += padded
    return { buffer, offset, size: Math.ceil(size / 4) * 4 }
  })
  return { places, bufferBytes }
}

/** The ranges in new buffers, which the caller releases. */
export async function allocateTogether(
  gpu: Gpu,
  label: string,
  { wanted, flags }: { wanted: readonly Wanted[]; flags: number },
): Promise<{ ranges: Range[]; buffers: GPUBuffer[] }> {
  const { places, bufferBytes } = spread(wanted, gpu.limits)
  const buffers = await gpu.allocateAll(bufferBytes.map(size => ({ label, size, flags })))
  return { ranges: places.map(place => ({ ...place, buffer: buffers[place.buffer] })), buffers }
}
