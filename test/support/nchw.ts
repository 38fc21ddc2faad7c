// Between our layout of maps, NHWC, and that of most other engines.

import type { Shape } from '../../src/kernels/layout.ts'

/** Dense NHWC of this shape → NCHW. */
export const toNchw = (nhwc: Float32Array, [n, h, w, c]: Shape): Float32Array =>
  transposed(nhwc, { batch: n, rows: h * w, columns: c })

/** NCHW → dense NHWC of this shape. */
export const toNhwc = (nchw: Float32Array, [n, h, w, c]: Shape): Float32Array =>
  transposed(nchw, { batch: n, rows: c, columns: h * w })

function transposed(
  data: Float32Array,
  { batch, rows, columns }: { batch: number; rows: number; columns: number },
): Float32Array {
  const result = new Float32Array(data.length)
  for (let start = 0; start < batch * rows * columns; start += rows * columns)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        result[start + column * rows + row] = data[start + row * columns + column]
  return result
}
