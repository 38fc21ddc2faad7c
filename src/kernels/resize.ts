import { UserError } from '../errors.ts'
import type { Kernel } from '../gpu/kernel.ts'
import { constantOf, workgroupsFor } from '../gpu/shader_constants.ts'
import { activationBytes, type Shape, vectors } from './layout.ts'

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
}

/** `count` rows of a map, from row `from` on. */
export interface Rows {
  from: number
  count: number
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

/** The parameters for a kernel whose row 0 is row `from` of the target. */
export function fromRow(params: Record<string, number>, from: number): Record<string, number> {
  return { ...params, shift_y: params.shift_y + from * params.step_y }
}

function sampling(from: number, to: number, alignCorners: boolean) {
  if (2 * from * to > MOST_I32)
    throw new UserError(`a map of ${from} pixels cannot be resampled to ${to}: take a smaller photo or size`)
  return alignCorners
    ? { step: to > 1 ? from - 1 : 0, shift: 0, unit: Math.max(1, to - 1) }
    : { step: 2 * from, shift: from - to, unit: 2 * to }
}

/** The largest i32: shaders compute coordinates in that type. */
const MOST_I32 = 2 ** 31 - 1

/** Rows that an invocation computes. */
const ROWS = constantOf('resize', 'LANE_ROWS')

/** Bilinear resize: [n, h, w, c] → [n, height, width, c], or some rows of it. */
export function resize({ label, input, height, width, alignCorners, rows }: ResizeOptions): Kernel {
  const [n, inH, inW, channels] = input
  const { from, count: outH } = rows ?? { from: 0, count: height }
  const sampling = samplingParams({ h: inH, w: inW }, { h: height, w: width }, alignCorners)
  const strips = Math.ceil(outH / ROWS)
  const count = n * strips * width * vectors(channels)
  return {
    label,
    shader: 'resize',
    params: {
      in_h: inH,
      in_w: inW,
      out_h: outH,
      out_w: width,
      vectors: vectors(channels),
      strips,
      count,
      ...fromRow(sampling, from),
    },
    inputs: { input: activationBytes(input) },
    outputs: { output: activationBytes([n, outH, width, channels]) },
    workgroups: workgroupsFor('resize', count),
  }
}
