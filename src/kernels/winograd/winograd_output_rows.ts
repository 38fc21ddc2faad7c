import type { Kernel } from '../../gpu/kernel.ts'
import { workgroupsFor } from '../../gpu/shader_constants.ts'
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
  winogradTiles,
} from './winograd.ts'

/**
 * act(outputs + bias + residual) of the tiles in `range`, from the products at Winograd's points, which have a tile's channels next to
 * each other: → [n, h', w', outChannels]. For hardware GPUs.
 */
export function winogradOutputRows(options: WinogradStepOptions): Kernel {
  const { mapParams, endParams, ...whole } = outputTransform(options)
  const { tiles, ...params } = tileParams(options)
  const channels = vectors(options.outChannels) * 4
  const count = tiles * channels
  return {
    ...whole,
    shader: shaders.winograd_output_rows,
    params: {
      ...mapParams,
      out_pitch: mapParams.out_pitch * 4,
      out_offset: mapParams.out_offset * 4,
      ...params,
      ...endParams,
      bias_pitch: endParams.bias_pitch * 4,
      channels,
      count,
    },
    workgroups: workgroupsFor(shaders.winograd_output_rows, count),
  }
}

/** The part of a kernel that both kernels share which transform the products, with its parameters. */
export function outputTransform(options: WinogradStepOptions) {
  const { label, input, outputs, outChannels, bias, residual = false, activation, range } = options
  const { slice = { offset: 0, channels: outChannels } } = options
  const [n, inH, inW] = input
  const out = windowedSize({ h: inH, w: inW }, options)
  const outVectors = vectors(outChannels)
  const outputBytes = activationBytes([n, out.h, out.w, slice.channels])
  const share = range.count / winogradTiles(options).total
  return {
    label,
    constants: winogradConstants(outputs),
    mapParams: {
      out_h: out.h,
      out_w: out.w,
      out_pitch: vectors(slice.channels),
      out_offset: slice.offset / 4,
    },
    endParams: {
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
    traffic: outputTraffic(share * activationBytes([n, out.h, out.w, outChannels]), residual),
  }
}
