import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf, workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import type { Rows, RowsOf } from '../geometry.ts'
import { activationBytes } from '../layout.ts'

export interface PreprocessOptions {
  label: string
  /** RGBA images of one size, one u32 a pixel. */
  input: { n: number; h: number; w: number }
  height: number
  width: number
  /** Mean and standard deviation of red, green and blue, on the scale 0 … 1. */
  mean: readonly number[]
  std: readonly number[]
  /** Whether to mirror the result left to right. */
  flip: boolean
  /** The order of the output's channels. Default: red first. */
  channels?: 'rgb' | 'bgr'
  /** The rows of the output to compute. Default: all. */
  rows?: Rows
  /** Which rows of its photo the input is. Default: all. */
  inputRows?: RowsOf
}

/** Rows that an invocation computes. */
const ROWS = constantOf(shaders.preprocess, 'LANE_ROWS')

/** Antialiased bilinear resize, then (x/255 − mean)/std: rgba8 [n, h, w] → f32 [n, height, width, 3]. */
export function preprocess(options: PreprocessOptions): Kernel {
  const { label, input, height, width, mean, std, flip } = options
  const { from: firstRow, count: rows } = options.rows ?? { from: 0, count: height }
  const { from: firstSource, of: sources } = options.inputRows ?? { from: 0, of: input.h }
  const strips = Math.ceil(rows / ROWS)
  const count = input.n * strips * width
  return {
    label,
    shader: shaders.preprocess,
    params: {
      in_h: sources,
      in_w: input.w,
      out_h: height,
      out_w: width,
      first_source: firstSource,
      sources: input.h,
      first_row: firstRow,
      rows,
      strips,
      count,
      flip: Number(flip),
      bgr: Number(options.channels === 'bgr'),
      mean_r: mean[0],
      mean_g: mean[1],
      mean_b: mean[2],
      std_r: std[0],
      std_g: std[1],
      std_b: std[2],
    },
    inputs: { image: input.n * input.h * input.w * 4 },
    outputs: { output: activationBytes([input.n, rows, width, 3]) },
    workgroups: workgroupsFor(shaders.preprocess, count),
  }
}

/** The rows of a photo of `from` rows that are read for these rows of the image that is resized to `to` rows: as the shader computes them. */
export function filteredRows({ from, to }: { from: number; to: number }, rows: Rows): Rows {
  const [radius, unit] = [2 * Math.max(from, to), 2 * to]
  const centre = (row: number) => (2 * row + 1) * from
  const first = Math.floor(Math.max(0, centre(rows.from) - radius + to) / unit)
  const last = rows.from + rows.count - 1
  return { from: first, count: Math.min(from, Math.floor((centre(last) + radius + to - 1) / unit)) - first }
}
