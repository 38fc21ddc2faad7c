import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf, workgroupsFor } from '../../gpu/shader_constants.ts'
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

/** Tiles and vectors of a workgroup. */
const TILES = constantOf(shaders.winograd_input, 'WORKGROUP_TILES')
const VECTORS = constantOf(shaders.winograd_input, 'WORKGROUP_VECTORS')

/** The inputs of the tiles in `range`, at Winograd's points: [n, h, w, c] → [points, points, channel vectors, tiles]. */
export function winogradInput(options: WinogradStepOptions): Kernel {
  const { label, input, outputs, padding, range } = options
  const [, inH, inW, inChannels] = input
  const tileGroups = Math.ceil(range.count / TILES)
  const share = range.count / winogradTiles(options).total
  return {
    label,
    shader: shaders.winograd_input,
    constants: winogradConstants(outputs),
    params: {
      in_h: inH,
      in_w: inW,
      in_vectors: vectors(inChannels),
      ...tileParams(options),
      tile_groups: tileGroups,
      lines: outputs + 2,
      ...paddingParams(padding),
    },
    inputs: { input: activationBytes(input) },
    outputs: { tiles: tileBytes(outputs, inChannels, range.count) },
    workgroups: tileGroups * Math.ceil(vectors(inChannels) / VECTORS),
    traffic: { input: share * activationBytes(input) },
  }
}

/** `winogradInput` for hardware GPUs, which has a tile's channels next to each other: → [points, points, tiles, channels]. */
export function winogradInputRows(options: WinogradStepOptions): Kernel {
  const whole = winogradInput(options)
  const { in_vectors: _, tiles, tile_groups: _groups, lines: _lines, ...params } = whole.params
  const channels = vectors(options.input[3]) * 4
  const count = tiles * channels
  return {
    ...whole,
    shader: shaders.winograd_input_rows,
    params: { ...params, channels, count },
    workgroups: workgroupsFor(shaders.winograd_input_rows, count),
  }
}
