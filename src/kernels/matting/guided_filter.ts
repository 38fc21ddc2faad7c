import type { Kernel } from '../../gpu/kernel.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { elementwise } from '../elementwise/elementwise.ts'
import { VECTOR_BYTES } from '../layout.ts'

interface GuidedOptions {
  label: string
  pixels: number
}

/** colours [pixels, 4], probability [pixels, 4] → moments [pixels, 16]: the products whose means `guidedCoefficients` takes. */
export function guidedMoments({ label, pixels }: GuidedOptions): Kernel {
  const { bytes, params, workgroups } = elementwise(shaders.guided_moments, [1, 1, pixels, 4])
  return {
    label,
    shader: shaders.guided_moments,
    params,
    inputs: { colours: bytes, probability: bytes },
    outputs: { moments: 4 * bytes },
    workgroups,
  }
}

/** means [pixels, 16] → coefficients [pixels, 4]: how the probability follows the colours nearby. A larger `eps` blurs more. */
export function guidedCoefficients({ label, pixels, eps }: GuidedOptions & { eps: number }): Kernel {
  const { bytes, params, workgroups } = elementwise(shaders.guided_coefficients, [1, 1, pixels, 4])
  return {
    label,
    shader: shaders.guided_coefficients,
    params: { ...params, eps },
    inputs: { means: pixels * 4 * VECTOR_BYTES },
    outputs: { coefficients: bytes },
    workgroups,
  }
}
