import { activationBytes, type Shape, VECTOR_BYTES } from './layout.ts'

/** Vectors of an invocation: starting one costs a CPU adapter as much as several loads. */
const VECTORS = 4
/** With fewer invocations, each has fewer. */
const ENOUGH_INVOCATIONS = 32768

/** Parameters and grid of a kernel that does the same to each vector of a tensor: an invocation does every `stride`-th of them. */
export function elementwise(shape: Shape) {
  const bytes = activationBytes(shape)
  const count = bytes / VECTOR_BYTES
  const stride = Math.max(Math.ceil(count / VECTORS), Math.min(count, ENOUGH_INVOCATIONS))
  return { bytes, params: { count, stride }, workgroups: Math.ceil(stride / 64) }
}
