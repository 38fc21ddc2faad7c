import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf, workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import type { Rows, RowsOf } from '../geometry.ts'
import { activationBytes, MAX_CHANNELS, type Shape, vectors } from '../layout.ts'

export interface PreprocessSamplesOptions {
  label: string
  /** [n, h, w, channels] of the images, which have one size and at most MAX_CHANNELS channels. */
  input: Shape
  height: number
  width: number
  /** Mean and standard deviation of each channel, on the scale of the samples. */
  mean: readonly number[]
  std: readonly number[]
  /** Whether to mirror the result left to right. */
  flip: boolean
  /** The rows of the output to compute. Default: all. */
  rows?: Rows
  /** Which rows of its image the input is. Default: all. */
  inputRows?: RowsOf
}

/** Rows that an invocation computes. */
const ROWS = constantOf(shaders.preprocess_samples, 'LANE_ROWS')

/** Antialiased bilinear resize, then (x − mean)/std: dense f32 [n, h, w, channels] → f32 [n, height, width, channels]. */
export function preprocessSamples(options: PreprocessSamplesOptions): Kernel {
  const { label, input, height, width, mean, std, flip } = options
  const [n, h, w, channels] = input
  const { from: firstRow, count: rows } = options.rows ?? { from: 0, count: height }
  const { from: firstSource, of: sources } = options.inputRows ?? { from: 0, of: h }
  const strips = Math.ceil(rows / ROWS)
  const count = n * strips * width * vectors(channels)
  return {
    label,
    shader: shaders.preprocess_samples,
    params: {
      in_h: sources,
      in_w: w,
      out_h: height,
      out_w: width,
      first_source: firstSource,
      sources: h,
      first_row: firstRow,
      rows,
      strips,
      count,
      flip: Number(flip),
      channels,
      vectors: vectors(channels),
      ...numbered('mean', mean, 0),
      ...numbered('std', std, 1),
    },
    inputs: { image: n * h * w * channels * 4 },
    outputs: { output: activationBytes([n, rows, width, channels]) },
    workgroups: workgroupsFor(shaders.preprocess_samples, count),
  }
}

const numbered = (name: string, values: readonly number[], absent: number): Record<string, number> =>
  Object.fromEntries(
    Array.from({ length: MAX_CHANNELS }, (_, channel) => [`${name}_${channel}`, values[channel] ?? absent]),
  )
