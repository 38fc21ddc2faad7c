import type { Kernel } from '../../gpu/kernel.ts'
import { workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import type { Rows, RowsOf } from '../geometry.ts'
import { activationBytes, type Shape, vectors } from '../layout.ts'
import { fromRows, samplingParams } from './resize.ts'

export interface AccumulateProbabilitiesOptions {
  label: string
  /** Shape of one view's logits, [n, h, w, classes]. */
  input: Shape
  /** Size of the accumulator, which is [n, height, width, classes]. */
  height: number
  width: number
  alignCorners: boolean
  /** Whether the view was mirrored left to right. Its probabilities are then mirrored back. */
  flip: boolean
  weight: number
  /** Whether this is the first view, which overwrites the accumulator. */
  first: boolean
  /** The rows to compute. The accumulator then holds only these rows. Default: all. */
  rows?: Rows
  /** The columns to compute. The accumulator then holds only these columns. Default: all. */
  columns?: Rows
  /** Which rows of their map the logits are. Default: all. */
  inputRows?: RowsOf
  /** Weights of the rows and columns to compute, besides `weight`, in the buffer `weights`: a number for each. Default: none. */
  window?: WindowWeights
}

interface WindowWeights {
  /** The numbers in the buffer. */
  count: number
  /** Which of them is the weight of the first row to compute, and which that of the first column. */
  rows: number
  columns: number
}

/**
 * accumulator += weight · softmax(upsample(logits)): the average over views in section 4 of the DeepLabv3 paper, and of the windows
 * of a large photo.
 */
export function accumulateProbabilities(options: AccumulateProbabilitiesOptions): Kernel {
  const { label, input, height, width, alignCorners, flip, weight, first } = options
  const [n, inH, inW, channels] = input
  const { from: target, count: outH } = options.rows ?? { from: 0, count: height }
  const { from: left, count: outW } = options.columns ?? { from: 0, count: width }
  const { from: source, of: h } = options.inputRows ?? { from: 0, of: inH }
  const { count, rows, columns } = options.window ?? { count: 0, rows: 0, columns: 0 }
  const sampling = samplingParams({ h, w: inW }, { h: height, w: width }, alignCorners)
  const pixels = n * outH * outW
  const accumulatorBytes = activationBytes([n, outH, outW, channels])
  return {
    label,
    shader: shaders.accumulate_probabilities,
    params: {
      in_h: inH,
      in_w: inW,
      out_h: outH,
      out_w: outW,
      channels,
      vectors: vectors(channels),
      pixels,
      flip: Number(flip),
      last_column: width - 1 - 2 * left,
      weight,
      is_first: Number(first),
      is_window: Number(options.window !== undefined),
      row_weights: rows,
      column_weights: columns,
      ...fromRows(sampling, { target, source }),
      shift_x: sampling.shift_x + left * sampling.step_x,
    },
    inputs: { logits: activationBytes(input), weights: count * 4 },
    outputs: { accumulator: accumulatorBytes },
    workgroups: workgroupsFor(shaders.accumulate_probabilities, pixels),
    traffic: { accumulator: (first ? 1 : 2) * accumulatorBytes },
  }
}
