// Times the kernels of a plan, each by itself. Unlike in a profile, the caches hold no other kernel's data.

import { storedBuffers } from '../gpu/float16_storage.ts'
import type { Gpu } from '../gpu/gpu.ts'
import type { Kernel } from '../gpu/kernel.ts'
import type { HostData } from '../gpu/run_kernel.ts'
import type { Step } from '../graph/lower/step.ts'
import { toFloat16 } from '../kernels/float16.ts'
import type { Shape } from '../kernels/layout.ts'
import type { Ceilings } from './ceilings.ts'
import { noise } from './noise.ts'
import { type Rates, ratesOf } from './rates.ts'
import { type Repetition, type Summary, summary } from './repeat.ts'
import { timeKernel } from './time_kernel.ts'

export interface KernelBench extends Rates {
  /** The first op that runs the kernel. */
  op: string
  shader: string
  /** The shape of the op's output, [n, h, w, c]. */
  output: Shape
  /** The number of ops that run the kernel. */
  uses: number
  milliseconds: Summary
}

/** Times every different kernel of some steps on noise. The rates are those of the median. */
export async function benchKernels(
  gpu: Gpu,
  steps: readonly Step[],
  {
    ceilings,
    repetition,
    onProgress,
  }: {
    ceilings: Ceilings
    /** Default: the default of `timeKernel`. */
    repetition?: Repetition
    onProgress?: (done: number, total: number) => void
  },
): Promise<KernelBench[]> {
  const alike = groupAlike(steps)
  const found: KernelBench[] = []
  for (const [{ op, kernel }, ...others] of alike) {
    onProgress?.(found.length, alike.length)
    const milliseconds = summary(await timeKernel(gpu, kernel, noiseFor(kernel), repetition))
    const rates = ratesOf([kernel], milliseconds.median, ceilings)
    found.push({
      op: kernel.label,
      shader: kernel.shader.name,
      output: op.output.shape,
      uses: 1 + others.length,
      milliseconds,
      ...rates,
    })
  }
  return found
}

function noiseFor(kernel: Kernel): Record<string, HostData> {
  const halves = kernel.stored === 'f16' ? storedBuffers(kernel) : new Set()
  const data = Object.entries(kernel.inputs).map(([name, bytes]) => {
    return [name, halves.has(name) ? toFloat16(noise(bytes / 2)) : noise(bytes / 4)]
  })
  return Object.fromEntries(data)
}

/** Groups the steps whose kernels differ only in their label. */
function groupAlike(steps: readonly Step[]): Step[][] {
  const groups = new Map<string, Step[]>()
  for (const step of steps) {
    const key = JSON.stringify({ ...step.kernel, label: '' })
    groups.set(key, [...(groups.get(key) ?? []), step])
  }
  return [...groups.values()]
}
