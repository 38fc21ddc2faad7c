import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf, workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { biasBytes, biasParams, outputTraffic, residualParams } from '../convolution/conv2d.ts'
import { activationRange } from '../elementwise/activation.ts'
import { windowedSize } from '../geometry.ts'
import { activationBytes, vectors } from '../layout.ts'
import {
  tileBytes,
  tileParams,
  type WinogradStepOptions,
  winogradConstants,
  winogradPoints,
  winogradTiles,
} from './winograd.ts'

/** Tiles and vectors of a workgroup. */
const TILES = constantOf(shaders.winograd_output, 'WORKGROUP_TILES')
const VECTORS = constantOf(shaders.winograd_output, 'WORKGROUP_VECTORS')

/**
 * act(outputs + bias + residual) of the tiles in `range`, from the products at Winograd's points: → [n, h', w',
 * outChannels].
 */
export function winogradOutput(options: WinogradStepOptions): Kernel {
  const { label, input, outputs, outChannels, bias, residual = false, activation, range } = options
  const { slice = { offset: 0, channels: outChannels } } = options
  const [n, inH, inW] = input
  const out = windowedSize({ h: inH, w: inW }, options)
  const outVectors = vectors(outChannels)
  const outputBytes = activationBytes([n, out.h, out.w, slice.channels])
  const tileGroups = Math.ceil(range.count / TILES)
  const share = range.count / winogradTiles(options).total
  return {
    label,
    shader: shaders.winograd_output,
    constants: winogradConstants(outputs),
    params: {
      out_h: out.h,
      out_w: out.w,
      out_vectors: outVectors,
      out_pitch: vectors(slice.channels),
      out_offset: slice.offset / 4,
      ...tileParams(options),
      tile_groups: tileGroups,
      points: winogradPoints(outputs),
      ...biasParams(bias, outVectors),
      ...residualParams(residual),
      ...activationRange(activation),
    },
    inputs: {
      products: tileBytes(outputs, outChannels, range.count),
      bias: biasBytes(bias, [n, outVectors]),
      residual: residual === true ? outputBytes : 0,
    },
    outputs: { output: outputBytes },
    workgroups: tileGroups * Math.ceil(outVectors / VECTORS),
    traffic: outputTraffic(share * activationBytes([n, out.h, out.w, outChannels]), residual),
  }
}

/** `winogradOutput` for hardware GPUs, of products that have a tile's channels next to each other. */
export function winogradOutputRows(options: WinogradStepOptions): Kernel {
  const whole = winogradOutput(options)
  const { out_vectors: _, tiles, tile_groups: _groups, points: _points, ...params } = whole.params
  const channels = vectors(options.outChannels) * 4
  const count = tiles * channels
  return {
    ...whole,
    shader: shaders.winograd_output_rows,
    params: {
      ...params,
      channels,
      count,
      out_pitch: params.out_pitch * 4,
      out_offset: params.out_offset * 4,
      bias_pitch: params.bias_pitch * 4,
    },
    workgroups: workgroupsFor(shaders.winograd_output_rows, count),
  }
}

/** The output's gradient at Winograd's points: [n, h', w', outChannels] → [points, points, channel vectors, tiles]. */
export function winogradOutputBackward(options: WinogradStepOptions): Kernel {
  const { label, input, outputs, outChannels, range } = options
  const [n, inH, inW] = input
  const out = windowedSize({ h: inH, w: inW }, options)
  // Not at the top of the module: a program that does not train has no such shader.
  const tiles = constantOf(shaders.winograd_output_backward, 'WORKGROUP_TILES')
  const columns = constantOf(shaders.winograd_output_backward, 'WORKGROUP_VECTORS')
  const tileGroups = Math.ceil(range.count / tiles)
  const share = range.count / winogradTiles(options).total
  const read = activationBytes([n, out.h, out.w, outChannels])
  return {
    label,
    shader: shaders.winograd_output_backward,
    constants: winogradConstants(outputs),
    params: {
      out_h: out.h,
      out_w: out.w,
      out_vectors: vectors(outChannels),
      ...tileParams(options),
      tile_groups: tileGroups,
      lines: outputs,
    },
    inputs: { output_gradient: read },
    outputs: { gradients: tileBytes(outputs, outChannels, range.count) },
    workgroups: tileGroups * Math.ceil(vectors(outChannels) / columns),
    traffic: { output_gradient: share * read },
  }
}
