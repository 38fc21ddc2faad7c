import { UserError } from '../errors.ts'
import type { Kernel } from '../gpu/kernel.ts'
import { activationBytes, type Shape, vectors } from './layout.ts'

export interface ResizeOptions {
  label: string
  /** [n, h, w, c] */
  input: Shape
  height: number
  width: number
  /** Whether the centres of the corner pixels coincide, rather than the images' edges. */
  alignCorners: boolean
  /** Makes only these rows of the output, for an output that is too large for one buffer. Default: all. */
  rows?: Rows
}

/** `count` rows of a map, from row `from` on. */
export interface Rows {
  from: number
  count: number
}

/**
 * How a target coordinate maps to a source one, in PyTorch's conventions: max(0, target·step + shift) / unit, in integers.
 * `resize`, `upsampleArgmax` and `accumulateProbabilities` share it.
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

/** The parameters for the rows below row `from` of the target: row 0 of the kernel is row `from` of the map. */
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

/** The shaders compute coordinates as i32. */
const MOST_I32 = 2 ** 31 - 1

/** That an invocation makes. */
const ROWS = 8

/** Bilinear: [n, h, w, c] → [n, height, width, c], or rows of that. */
export function resize({ label, input, height, width, alignCorners, rows }: ResizeOptions): Kernel {
  const [n, inH, inW, channels] = input
  const { from, count: outH } = rows ?? { from: 0, count: height }
  const sampling = samplingParams({ h: inH, w: inW }, { h: height, w: width }, alignCorners)
  const strips = Math.ceil(outH / ROWS)
  const count = n * strips * width * vectors(channels)
  return {
    label,
    shader: 'resize',
    consts: { ROWS },
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
    workgroups: Math.ceil(count / 64),
  }
}
