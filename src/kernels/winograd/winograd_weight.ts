import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf, workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { VECTOR_BYTES, vectors } from '../layout.ts'
import type { FoldBatchNormOptions } from '../normalisation/fold_batch_norm.ts'
import { type WinogradOutputs, winogradConstants, winogradPoints, winogradWeightBytes } from './winograd.ts'

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

export interface WinogradWeightBackwardOptions {
  label: string
  inChannels: number
  outChannels: number
  outputs: WinogradOutputs
}

/**
 * The gradient of a 3×3 weight from the gradient of its values at Winograd's points: `sums` → [out, in, 3, 3],
 * PyTorch's layout.
 */
export function winogradWeightBackward(options: WinogradWeightBackwardOptions): Kernel {
  const { label, inChannels, outChannels, outputs } = options
  // Not at the top of the module: a program that does not train has no such shader.
  const channels = constantOf(shaders.winograd_weight_backward, 'WORKGROUP_CHANNELS')
  const columns = constantOf(shaders.winograd_weight_backward, 'WORKGROUP_VECTORS')
  const rowTiles = Math.ceil(inChannels / channels)
  return {
    label,
    shader: shaders.winograd_weight_backward,
    constants: winogradConstants(outputs),
    params: {
      in_channels: inChannels,
      in_padded: vectors(inChannels) * 4,
      out_channels: outChannels,
      out_vectors: vectors(outChannels),
      row_tiles: rowTiles,
      points: winogradPoints(outputs),
    },
    inputs: { sums: winogradWeightBytes(outputs, inChannels, outChannels) },
    outputs: { weight_gradient: outChannels * inChannels * 9 * 4 },
    workgroups: rowTiles * Math.ceil(vectors(outChannels) / columns),
  }
}
