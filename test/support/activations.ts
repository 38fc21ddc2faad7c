// Between the references' dense float64 NHWC and the GPU's float32 with channels padded to whole vec4s.

import { AssertionError } from 'chai'
import { padChannels, type Shape, unpadChannels, vectors } from '../../src/kernels/layout.ts'
import type { Array4 } from '../reference/array4.ts'

/** A reference array as kernels read it. */
export const toGpu = ({ data, shape }: Array4): Float32Array => padChannels(Float32Array.from(data), shape)

/** What a kernel wrote, dense, after a check that it wrote zeros to the lanes that pad the channels: the next kernel relies on them. */
export function fromGpu(bytes: Uint8Array<ArrayBuffer>, shape: Shape): Float32Array {
  const padded = new Float32Array(bytes.buffer)
  const [channels, pitch] = [shape[3], vectors(shape[3]) * 4]
  const bad = padded.findIndex((value, index) => index % pitch >= channels && value !== 0)
  if (bad >= 0)
    throw new AssertionError(
      `[${shape}]: pixel ${Math.floor(bad / pitch)}: padding lane ${bad % pitch} is ${padded[bad]}, not 0`,
    )
  return unpadChannels(padded, shape)
}

/** For kernels that only choose and copy: every value to its last bit (epsilon, since 0 · ∞ is no tolerance). */
export const EXACT = { atol: 0, rtol: Number.EPSILON }
