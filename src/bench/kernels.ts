// The kernels of a plan, each by itself: unlike in a profile, nothing else is in the caches.

import type { Gpu } from '../gpu/gpu.ts'
import type { ShaderName } from '../gpu/shaders.gen.ts'
import type { Step } from '../graph/step.ts'
import type { Shape } from '../kernels/layout.ts'
import type { Ceilings } from './ceilings.ts'
import { noise } from './noise.ts'
import { type Rates, ratesOf } from './rates.ts'
import { type Summary, summary } from './repeat.ts'
import { timeKernel } from './time_kernel.ts'

export interface KernelBench extends Rates {
  /** The first that runs it. */
  op: string
  shader: ShaderName
  /** Of its output, [n, h, w, c]. */
  output: Shape
  /** Ops that run it. */
  uses: number
  milliseconds: Summary
}

/** Times every different kernel of some steps, on noise; rates are at the median. */
export async function benchKernels(
  gpu: Gpu,
  steps: readonly Step[],
  { ceilings, onProgress }: { ceilings: Ceilings; onProgress?: (done: number, total: number) => void },
): Promise<KernelBench[]> {
  const alike = groupAlike(steps)
  const found: KernelBench[] = []
  for (const [{ op, kernel }, ...others] of alike) {
    onProgress?.(found.length, alike.length)
    const data = Object.entries(kernel.inputs).map(([name, bytes]) => [name, noise(bytes / 4)] as const)
    const milliseconds = summary(await timeKernel(gpu, kernel, Object.fromEntries(data)))
    const rates = ratesOf([kernel], milliseconds.median, ceilings)
    found.push({
      ...{ op: kernel.label, shader: kernel.shader, output: op.output.shape, uses: 1 + others.length },
      ...{ milliseconds, ...rates },
    })
  }
  return found
}

/** Those whose kernels differ in nothing but their label, together. */
function groupAlike(steps: readonly Step[]): Step[][] {
  const groups = new Map<string, Step[]>()
  for (const step of steps) {
    const key = JSON.stringify({ ...step.kernel, label: '' })
    groups.set(key, [...(groups.get(key) ?? []), step])
  }
  return [...groups.values()]
}
