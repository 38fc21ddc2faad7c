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
  /** Which rows of their map the logits are. Default: all. */
  inputRows?: RowsOf
}

/** accumulator += weight · softmax(upsample(logits)): the average over views in section 4 of the DeepLabv3 paper. */
export function accumulateProbabilities(options: AccumulateProbabilitiesOptions): Kernel {
  const { label, input, height, width, alignCorners, flip, weight, first } = options
  const [n, inH, inW, channels] = input
  const { from: target, count: outH } = options.rows ?? { from: 0, count: height }
  const { from: source, of: h } = options.inputRows ?? { from: 0, of: inH }
  const sampling = samplingParams({ h, w: inW }, { h: height, w: width }, alignCorners)
  const pixels = n * outH * width
  const accumulatorBytes = activationBytes([n, outH, width, channels])
  return {
    label,
    shader: shaders.accumulate_probabilities,
    params: {
      in_h: inH,
      in_w: inW,
      out_h: outH,
      out_w: width,
      channels,
      vectors: vectors(channels),
      pixels,
      flip: Number(flip),
      weight,
      is_first: Number(first),
      ...fromRows(sampling, { target, source }),
    },
    inputs: { logits: activationBytes(input) },
    outputs: { accumulator: accumulatorBytes },
    workgroups: workgroupsFor(shaders.accumulate_probabilities, pixels),
    traffic: { accumulator: (first ? 1 : 2) * accumulatorBytes },
  }
}
