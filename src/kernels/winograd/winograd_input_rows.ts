import type { Kernel } from '../../gpu/kernel.ts'
import { workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { paddingParams } from '../geometry.ts'
import { activationBytes, vectors } from '../layout.ts'
import {
  tileBytes,
  tileParams,
  type WinogradStepOptions,
  winogradConstants,
  winogradTiles,
} from './winograd.ts'

/** The input at Winograd's points, with the channels of a tile next to each other: [n, h, w, c] → [points, points, tiles, channels]. For hardware GPUs. */
export function winogradInputRows(options: WinogradStepOptions): Kernel {
  const { input, padding } = options
  const [, inH, inW, inChannels] = input
  const { tiles, ...params } = tileParams(options)
  const channels = vectors(inChannels) * 4
  const count = tiles * channels
  return {
    ...inputTransform(options),
    shader: shaders.winograd_input_rows,
    params: { in_h: inH, in_w: inW, ...params, ...paddingParams(padding), channels, count },
    workgroups: workgroupsFor(shaders.winograd_input_rows, count),
  }
}

/** The part of a kernel that both kernels share which transform the input. */
export function inputTransform(options: WinogradStepOptions) {
  const { label, input, outputs, range } = options
  const share = range.count / winogradTiles(options).total
  return {
    label,
    constants: winogradConstants(outputs),
    inputs: { input: activationBytes(input) },
    outputs: { tiles: tileBytes(outputs, input[3], range.count) },
    traffic: { input: share * activationBytes(input) },
  }
}
