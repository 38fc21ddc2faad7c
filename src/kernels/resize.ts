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

const sampling = (from: number, to: number, alignCorners: boolean) =>
  alignCorners
    ? { step: to > 1 ? from - 1 : 0, shift: 0, unit: Math.max(1, to - 1) }
    : { step: 2 * from, shift: from - to, unit: 2 * to }

/** That an invocation makes. */
const ROWS = 8

/** Bilinear: [n, h, w, c] → [n, height, width, c]. */
export function resize({ label, input, height, width, alignCorners }: ResizeOptions): Kernel {
  const [n, inH, inW, channels] = input
  const strips = Math.ceil(height / ROWS)
  const count = n * strips * width * vectors(channels)
  return {
    label,
    shader: 'resize',
    consts: { ROWS },
    params: {
      in_h: inH,
      in_w: inW,
      out_h: height,
      out_w: width,
      vectors: vectors(channels),
      strips,
      count,
      ...samplingParams({ h: inH, w: inW }, { h: height, w: width }, alignCorners),
    },
    inputs: { input: activationBytes(input) },
    outputs: { output: activationBytes([n, height, width, channels]) },
    workgroups: Math.ceil(count / 64),
  }
}
