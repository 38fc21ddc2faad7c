// Tensors that are larger than the GPU's largest buffer are in several parts, each some rows of the tensor.

import { UserError } from '../../errors.ts'
import type { Rows } from '../../kernels/geometry.ts'
import type { Tensor } from '../ir/tensor.ts'
import { mebibytes, rowBytes, tensorBytes } from '../ir/tensor_bytes.ts'
import type { FusedConcatOp } from '../ops/concat.ts'
import type { PlanLimits } from './limits.ts'

/** A tensor that has a place of its own, and the rows of the whole that it is. */
export interface TensorPart {
  tensor: Tensor
  rows: Rows
}

/** Rows of an f32 or f16 tensor that end where the next row may be bound, whatever the GPU's alignment. */
const PART_ROWS = 32

/** Of one image: a tensor itself, or its parts. Throws a UserError where not even a few rows fit into a buffer. */
export function partsOf(tensor: Tensor, { maxBufferSize }: PlanLimits): TensorPart[] {
  const [, height, width, channels] = tensor.shape
  if (tensorBytes(tensor) <= maxBufferSize) return [{ tensor, rows: { from: 0, count: height } }]
  const most = Math.floor(maxBufferSize / (rowBytes(tensor) * PART_ROWS)) * PART_ROWS
  if (most === 0)
    throw new UserError(
      `${PART_ROWS} rows of ${tensor.name} take ${mebibytes(PART_ROWS * rowBytes(tensor))}, and this GPU's largest buffer is ` +
        `${mebibytes(maxBufferSize)}: take a narrower image`,
    )
  return cutRows({ from: 0, count: height }, most).map(rows => ({
    rows,
    tensor: {
      name: `${tensor.name} ${rowsText(rows)}`,
      shape: [1, rows.count, width, channels],
      dtype: tensor.dtype,
    },
  }))
}

/** Rows in pieces of `most` rows, but for the last. */
export const cutRows = ({ from, count }: Rows, most: number): Rows[] =>
  Array.from({ length: Math.ceil(count / most) }, (_, i) => ({
    from: from + i * most,
    count: Math.min(most, count - i * most),
  }))

export const rowsText = ({ from, count }: Rows): string => `rows ${from}…${from + count - 1}`

/** Some rows of the whole that are in this part. */
export function rowsIn({ tensor, rows: all }: TensorPart, rows: Rows): Tensor {
  if (rows.from === all.from && rows.count === all.count) return tensor
  const [, , width, channels] = tensor.shape
  return {
    name: `${tensor.name} ${rowsText(rows)}`,
    shape: [1, rows.count, width, channels],
    dtype: tensor.dtype,
    band: { of: tensor, from: rows.from - all.from },
  }
}

/** Some rows of the whole, and what copies them together where they are in several parts. */
export function gatherRows(parts: TensorPart[], rows: Rows): { tensor: Tensor; copies: FusedConcatOp[] } {
  const end = rows.from + rows.count
  const shares = parts
    .map(part => {
      const from = Math.max(rows.from, part.rows.from)
      return { part, rows: { from, count: Math.min(end, part.rows.from + part.rows.count) - from } }
    })
    .filter(({ rows: { count } }) => count > 0)
  if (shares.length === 1) return { tensor: rowsIn(shares[0].part, rows), copies: [] }
  const [, , width, channels] = parts[0].tensor.shape
  const { dtype, name } = parts[0].tensor
  const tensor: Tensor = {
    name: `${name} gathered ${rowsText(rows)}`,
    shape: [1, rows.count, width, channels],
    dtype,
  }
  const copies = shares.map(({ part, rows: share }): FusedConcatOp => {
    const output = rowsIn({ tensor, rows }, share)
    return { kind: 'concat', name: output.name, inputs: [rowsIn(part, share)], offsets: [0], output }
  })
  return { tensor, copies }
}
