import { biasGradient } from '../../src/kernels/bias_gradient.ts'
import { type BiasGradientCase, biasGradientOf } from '../cases/bias_gradient.ts'
import { biasGradient as reference } from '../reference/bias_gradient.ts'
import { expectClose, tolerance } from '../reference/compare.ts'
import { toGpu } from '../support/activations.ts'
import type { KernelRun } from '../support/kernel_run.ts'
import { addPartials } from '../support/partial_sums.ts'

export function biasGradientRun(test: BiasGradientCase): KernelRun {
  const outputGradient = biasGradientOf(test)
  const [n, h, w, c] = test.shape
  return {
    kernel: biasGradient({ label: test.name, shape: test.shape }),
    data: { output_gradient: toGpu(outputGradient) },
    check: ({ partials }) => {
      const sums = addPartials(partials, [c, 1, 1, 1], { depthwise: true })
      const shape = [1, 1, 1, c] as const
      expectClose(sums, reference(outputGradient), { shape, rtol: tolerance(n * h * w) })
    },
  }
}
