// How many bytes a tensor takes on the GPU.

import { activationBytes } from '../../kernels/layout.ts'
import { classMapWords } from '../../kernels/resizing/upsample_argmax.ts'
import type { Tensor } from './tensor.ts'

/** Bytes of a tensor on the GPU. */
export function tensorBytes({ dtype, shape }: Pick<Tensor, 'dtype' | 'shape'>): number {
  const [n, h, w, c] = shape
  if (dtype === 'rgba8') return n * h * w * 4
  if (dtype === 'samples') return n * h * w * c * 4
  if (dtype === 'class8') return n * classMapWords(h, w) * 4
  if (dtype === 'u32') return 4
  return dtype === 'f16' ? activationBytes(shape) / 2 : activationBytes(shape)
}

/** Bytes of a row of pixels. */
export function rowBytes({ dtype, shape: [, , w, c] }: Tensor): number {
  return dtype === 'class8' ? w : tensorBytes({ dtype, shape: [1, 1, w, c] })
}

export const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(1)} MiB`
