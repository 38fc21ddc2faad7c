import type { Shader } from '../../gpu/kernel.ts'
import { workgroupsFor } from '../../gpu/shader_constants.ts'
import { activationBytes, type Shape, VECTOR_BYTES } from '../layout.ts'

/** Vectors that an invocation computes: on CPU adapters, starting an invocation costs as much as several loads. */
const VECTORS = 4
/** With fewer invocations than this, each computes fewer vectors. */
const ENOUGH_INVOCATIONS = 32768

/**
 * Size, parameters and grid of a kernel that does the same to each vector of a tensor. An invocation computes every
 * `stride`-th vector.
 */
export function elementwise(shader: Shader, shape: Shape) {
  const bytes = activationBytes(shape)
  const count = bytes / VECTOR_BYTES
  const stride = Math.max(Math.ceil(count / VECTORS), Math.min(count, ENOUGH_INVOCATIONS))
  return { bytes, params: { count, stride }, workgroups: workgroupsFor(shader, stride) }
}
