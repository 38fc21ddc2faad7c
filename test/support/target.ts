// What a plan is for, in a flat form: tests vary one thing at a time.

import type { Gpu } from '../../src/gpu/gpu.ts'
import { strategiesFor } from '../../src/graph/convolution/choose.ts'
import type { Policy } from '../../src/graph/convolution/policy.ts'
import type { Conv2dChoice } from '../../src/graph/convolution/strategies.ts'
import type { PlanDevice, PlanTarget } from '../../src/graph/plan/plan.ts'
import type { Precision } from '../../src/kernels/layout.ts'

/** WebGPU's defaults, which every adapter has. */
export const DEFAULT_LIMITS: PlanDevice['limits'] = {
  maxStorageBufferBindingSize: 128 * 2 ** 20,
  maxBufferSize: 256 * 2 ** 20,
  minStorageBufferOffsetAlignment: 256,
}

export interface Choice extends Omit<Policy, 'forced'>, Partial<PlanDevice> {
  /** The choice for every convolution that it can compute. */
  variant?: Conv2dChoice
  /** Whether weights are made ready in the run itself, as in training. */
  learning?: boolean
  precision?: Precision
}

/** What a plan has to know of a GPU. Matrix units are left out: they round to f16. */
export const deviceOf = ({ limits, isCpu, quirks, subgroupSize }: Gpu): PlanDevice => ({
  ...{ limits, isCpu, quirks, subgroupSize },
})

export const targetOf = (choice: Choice): PlanTarget => {
  const { limits = DEFAULT_LIMITS, info, isCpu, quirks, subgroupSize, subgroupSizes } = choice
  const { subgroupMatrix, precision, winograd, tuned, variant, learning } = choice
  return {
    device: {
      ...{ limits, info, isCpu, quirks, subgroupSize, subgroupSizes, subgroupMatrix },
    },
    policy: { winograd, tuned, forced: variant && whereItFits(variant) },
    mode: learning ? 'training' : 'inference',
    precision,
  }
}

/** Forces a variant on every convolution that it can compute. */
export function whereItFits(choice: Conv2dChoice): Policy['forced'] {
  return (options, device) => {
    // By the strategy of this name alone: all tiles of all strategies take milliseconds a layer.
    const strategy = strategiesFor(options, { device }).find(
      ({ name }) => choice === name || choice.startsWith(`${name} `),
    )
    const named = [strategy, ...(choice === strategy?.name ? [] : (strategy?.tiles?.(options, device) ?? []))]
    return named.some(found => found?.name === choice) ? choice : undefined
  }
}
