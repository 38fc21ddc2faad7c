import type { Kernel } from '../../gpu/kernel.ts'
import { workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { alongChannels } from '../along_channels.ts'
import { activationBytes, type Shape, vectors } from '../layout.ts'

/**
 * The gradient of `globalAveragePool`, with the same options: output_gradient [n, 1, 1, c] → input_gradient [n, h, w,
 * c].
 */
export function globalAveragePoolBackward({ label, input }: { label: string; input: Shape }): Kernel {
  const [n, h, w, channels] = input
  const { params } = alongChannels(shaders.global_average_pool_backward, [1, h, w, channels])
  const count = n * params.stride * vectors(channels)
  return {
    label,
    shader: shaders.global_average_pool_backward,
    params: { pixels: h * w, vectors: vectors(channels), stride: params.stride, count },
    inputs: { output_gradient: activationBytes([n, 1, 1, channels]) },
    outputs: { input_gradient: activationBytes(input) },
    workgroups: workgroupsFor(shaders.global_average_pool_backward, count),
  }
}
