// onnxruntime on the CPU, where the packages of bench/peers are installed.

import { createRequire } from 'node:module'
import type { Shape } from '../../src/kernels/layout.ts'
import { toNchw, toNhwc } from './nchw.ts'

/** What of the package is used here; its own types are absent where it is. */
interface Onnxruntime {
  InferenceSession: {
    create(bytes: Uint8Array): Promise<{
      run(inputs: Record<string, unknown>): Promise<Record<string, { data: Float32Array; dims: number[] }>>
      release(): Promise<void>
    }>
  }
  Tensor: new (type: 'float32', data: Float32Array, dims: number[]) => unknown
}

/** Undefined where it is not installed. */
export function findOnnxruntime(): Onnxruntime | undefined {
  try {
    return createRequire(new URL('../../bench/peers/package.json', import.meta.url))('onnxruntime-node')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND') return undefined
    throw error
  }
}

/** The logits of an exported network for an image of a shape, both NHWC. */
export async function onnxruntimeLogits(
  { InferenceSession, Tensor }: Onnxruntime,
  file: Uint8Array,
  { image, shape: [n, h, w, c] }: { image: Float32Array; shape: Shape },
): Promise<{ shape: Shape; data: Float32Array }> {
  const session = await InferenceSession.create(file)
  const pixels = new Tensor('float32', toNchw(image, [n, h, w, c]), [n, c, h, w])
  const { logits } = await session.run({ pixel_values: pixels })
  await session.release()
  const [batch, classes, height, width] = logits.dims
  const shape: Shape = [batch, height, width, classes]
  return { shape, data: toNhwc(logits.data, shape) }
}
