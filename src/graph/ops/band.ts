// The bands of an op. An op on maps that are larger than the GPU binds at once is computed band by band. A band
// is the same op on fewer rows.

import { type Padding, type Rows, type RowsOf, reach, type Window } from '../../kernels/geometry.ts'
import type { AnyOp } from '../ir/graph.ts'
import type { Tensor } from '../ir/tensor.ts'

export interface Band<Op> {
  /** Roles of inputs of which it reads the rows that it writes. */
  same?: readonly string[]
  /** The rows that it reads of other inputs, by role. Of inputs that are in neither it reads all. */
  reads?: Readonly<Record<string, Rows>>
  /** The op's fields for these rows. Of the inputs in `reads`, `bound` are the rows that there are: those, and others around them. */
  fields?(bound: Readonly<Record<string, Rows>>): Partial<Op>
}

/** Of an op that does the same to each pixel. */
export const pixelwise = ({ inputs }: AnyOp) => ({ same: Object.keys(inputs) })

/** The rows of a map of `height` rows under a window, for some rows of the output. */
export function rowsUnder(window: Window, height: number, { from, count }: Rows): Rows {
  const top = from * window.stride - window.padding.top
  const end = top + (count - 1) * window.stride + reach(window.kernel[0], window.dilation)
  const first = Math.min(Math.max(0, top), height - 1)
  return { from: first, count: Math.max(1, Math.min(height, end) - first) }
}

/** The padding with which a window makes `rows` of its `bound` rows. It is negative where there are rows that it does not need. */
export function paddingFor(window: Window, rows: Rows, bound: Rows): Padding {
  const { stride, dilation, padding, kernel } = window
  const top = padding.top - rows.from * stride + bound.from
  const needed = (rows.count - 1) * stride + reach(kernel[0], dilation)
  return { ...padding, top, bottom: needed - top - bound.count }
}

/** An op that resamples, if it is a band of such an op: which rows its output and its input are. */
export interface Resampling {
  band?: { output: RowsOf; input: RowsOf }
}

/** The band of an op that resamples its input `role`, of which it reads the rows `read`. */
export const resampled = <Role extends string>(
  op: { inputs: Record<Role, Tensor>; output: Tensor },
  role: Role,
  { rows, read }: { rows: Rows; read: Rows },
): Band<Resampling> => ({
  reads: { [role]: read },
  fields: bound => ({
    band: {
      output: { from: rows.from, of: op.output.shape[1] },
      input: { from: bound[role].from, of: op.inputs[role].shape[1] },
    },
  }),
})

/** The options of kernels that resample: the height of the whole output, and which rows are there. */
export const resamplingOptions = ({ output, band }: Resampling & { output: Tensor }) => ({
  height: band?.output.of ?? output.shape[1],
  width: output.shape[2],
  rows: band && { from: band.output.from, count: output.shape[1] },
  inputRows: band?.input,
})
