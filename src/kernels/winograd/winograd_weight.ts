import type { Kernel } from '../../gpu/kernel.ts'
import { workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { VECTOR_BYTES, vectors } from '../layout.ts'
import type { FoldBatchNormOptions } from '../normalisation/fold_batch_norm.ts'
import { type WinogradOutputs, winogradConstants, winogradWeightBytes } from './winograd.ts'

export interface WinogradWeightOptions extends Omit<FoldBatchNormOptions, 'depthwise'> {
  outputs: WinogradOutputs
  /** Whether the weight is for the convolution that computes the input's gradient. Default: for the layer's convolution. */
  ofGradient?: boolean
}

/**
 * A 3×3 weight in PyTorch's layout → its values at Winograd's points: with batch norm and bias folded in as by
 * `foldBatchNorm` or, for the gradient, reversed and scaled as by `packTransposed`. Outputs: `packed` and
 * `packed_bias`.
 */
export function winogradWeight(options: WinogradWeightOptions): Kernel {
  const { label, weight, outputs, ofGradient = false, epsilon, bias } = options
  const [outChannels, inChannels] = weight
  const { from, to } = options.inputChannels ?? { from: 0, to: inChannels }
  const ins = { count: to - from, pitch: 9 }
  const outs = { count: outChannels, pitch: inChannels * 9 }
  const [rows, columns] = ofGradient ? [outs, ins] : [ins, outs]
  const [rowsPadded, columnVectors] = [vectors(rows.count) * 4, vectors(columns.count)]
  const [scaled, shifted] = [epsilon !== undefined, epsilon !== undefined && !ofGradient]
  const vectorBytes = outChannels * 4
  return {
    label,
    shader: shaders.winograd_weight,
    constants: winogradConstants(outputs),
    params: {
      rows: rows.count,
      columns: columns.count,
      rows_padded: rowsPadded,
      columns_padded: columnVectors * 4,
      first: from * 9,
      row_pitch: rows.pitch,
      column_pitch: columns.pitch,
      of_gradient: Number(ofGradient),
      has_batch_norm: Number(scaled),
      has_bias: Number(bias),
      epsilon: epsilon ?? 0,
    },
    inputs: {
      weight: outChannels * inChannels * 9 * 4,
      gamma: scaled ? vectorBytes : 0,
      beta: shifted ? vectorBytes : 0,
      mean: shifted ? vectorBytes : 0,
      variance: scaled ? vectorBytes : 0,
      bias: bias ? vectorBytes : 0,
    },
    outputs: {
      packed: winogradWeightBytes(outputs, rows.count, columns.count),
      packed_bias: columnVectors * VECTOR_BYTES,
    },
    workgroups: workgroupsFor(shaders.winograd_weight, rowsPadded * columnVectors * 4),
  }
}
