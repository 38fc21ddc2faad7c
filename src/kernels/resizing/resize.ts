import { UserError } from '../../errors.ts'
import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf, workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import type { Rows, RowsOf } from '../geometry.ts'
import { activationBytes, type Shape, vectors } from '../layout.ts'

export interface ResizeOptions {
  label: string
  /** [n, h, w, c] */
  input: Shape
  height: number
  width: number
  /** Whether the centres of the corner pixels coincide; otherwise the edges of the images coincide. */
  alignCorners: boolean
  /** The rows of the output to compute, if the whole output is too large for one buffer. Default: all. */
  rows?: Rows
  /** Which rows of its map the input is. Default: all. */
  inputRows?: RowsOf
}

/**
 * The parameters that map a target coordinate to a source coordinate, in PyTorch's conventions: max(0, target·step +
 * shift) / unit. They are integers. All kernels that resize use them.
 */
export function samplingParams(
  from: { h: number; w: number },
  to: { h: number; w: number },
  alignCorners: boolean,
): Record<string, number> {
  const y = sampling(from.h, to.h, alignCorners)
  const x = sampling(from.w, to.w, alignCorners)
  return {
    step_y: y.step,
    shift_y: y.shift,
    unit_y: y.unit,
    step_x: x.step,
    shift_x: x.shift,
    unit_x: x.unit,
  }
}

/** The parameters for a kernel whose row 0 is row `target` of the target, and row `source` of the source. */
export function fromRows(
  params: Record<string, number>,
  { target, source = 0 }: { target: number; source?: number },
): Record<string, number> {
  const { step_y, shift_y, unit_y } = params
  return { ...params, shift_y: shift_y + target * step_y - source * unit_y }
}

/** The rows of a map of `from` rows that are read for these rows of the map that is resampled to `to` rows. */
export function sampledRows(
  { from, to, alignCorners }: { from: number; to: number; alignCorners: boolean },
  rows: Rows,
): Rows {
  const { step, shift, unit } = sampling(from, to, alignCorners)
  const above = (row: number) => Math.floor(Math.max(0, row * step + shift) / unit)
  const first = above(rows.from)
  return { from: first, count: Math.min(from, above(rows.from + rows.count - 1) + 2) - first }
}

function sampling(from: number, to: number, alignCorners: boolean) {
  if (2 * from * to > MAX_I32)
    throw new UserError(`a map of ${from} pixels cannot be resampled to ${to}: take a smaller photo or size`)
  return alignCorners
    ? { step: to > 1 ? from - 1 : 0, shift: 0, unit: Math.max(1, to - 1) }
    : { step: 2 * from, shift: from - to, unit: 2 * to }
}

/** The largest i32: shaders compute coordinates in that type. */
const MAX_I32 = 2 ** 31 - 1

/** Rows that an invocation computes. */
const ROWS = constantOf(shaders.resize, 'LANE_ROWS')

/** Bilinear resize: [n, h, w, c] → [n, height, width, c], or some rows of it. */
export function resize({
  label,
  input,
  height,
  width,
  alignCorners,
  rows,
  inputRows,
}: ResizeOptions): Kernel {
  const [n, inH, inW, channels] = input
  const { from: target, count: outH } = rows ?? { from: 0, count: height }
  const { from: source, of: h } = inputRows ?? { from: 0, of: inH }
  const sampling = samplingParams({ h, w: inW }, { h: height, w: width }, alignCorners)
  const strips = Math.ceil(outH / ROWS)
  const count = n * strips * width * vectors(channels)
  return {
    label,
    shader: shaders.resize,
    params: {
      in_h: inH,
      in_w: inW,
      out_h: outH,
      out_w: width,
      vectors: vectors(channels),
      strips,
      count,
      ...fromRows(sampling, { target, source }),
    },
    inputs: { input: activationBytes(input) },
    outputs: { output: activationBytes([n, outH, width, channels]) },
    workgroups: workgroupsFor(shaders.resize, count),
  }
}
