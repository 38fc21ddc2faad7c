import { globalAveragePoolBackward } from '../../src/kernels/pooling/global_average_pool_backward.ts'
import { plantedArray4 } from '../reference/array4.ts'
import { tolerance } from '../reference/compare.ts'
import { globalAveragePoolBackward as reference } from '../reference/global_average_pool_backward.ts'
import { toGpu } from '../support/activations.ts'
import { activations } from '../support/expected.ts'
import type { KernelSuite } from '../support/kernel_suite.ts'
import { cases, type GlobalAveragePoolCase } from './global_average_pool.ts'

/** The cases of global_average_pool: `input` is the shape of the gradient to find. A planted value is at its image's one pixel. */
export const suite: KernelSuite<GlobalAveragePoolCase> = {
  shader: 'global_average_pool_backward',
  cases,
  run({ name: label, input: shape, seed, plant }) {
    const [n, height, width, channels] = shape
    const planted = plant && { value: plant.value, at: [plant.at[0], 0, 0, plant.at[3]] as const }
    const outputGradient = plantedArray4([n, 1, 1, channels], seed, planted)
    return {
      kernel: globalAveragePoolBackward({ label, input: shape }),
      data: { output_gradient: toGpu(outputGradient) },
      expected: {
        input_gradient: activations(() => reference({ outputGradient, height, width }), {
          atol: 0,
          rtol: tolerance(1),
        }),
      },
    }
  },
}
