import type { Kernel } from '../../gpu/kernel.ts'
import { workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { vectors } from '../layout.ts'
import type { WinogradStepOptions } from './winograd.ts'
import { winogradInput } from './winograd_input.ts'

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
