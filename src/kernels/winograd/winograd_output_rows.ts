import type { Kernel } from '../../gpu/kernel.ts'
import { workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { vectors } from '../layout.ts'
import type { WinogradStepOptions } from './winograd.ts'
import { winogradOutput } from './winograd_output.ts'

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
