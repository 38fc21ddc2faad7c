// Measures the best rates of an adapter: the two lines of the roofline model (Williams, Waterman and Patterson, 2009).

import type { Gpu } from '../gpu/gpu.ts'
import { type Kernel, trafficOf } from '../gpu/kernel.ts'
import { copy } from '../kernels/ceilings/copy.ts'
import { multiplyAdd } from '../kernels/ceilings/multiply_add.ts'
import { VECTOR_BYTES } from '../kernels/layout.ts'
import { noise } from './noise.ts'
import { timeKernel } from './time_kernel.ts'

export interface Ceilings {
  /** 10⁹ operations a second: multiply-adds in registers, two operations each. */
  gflops: number
  /** 10⁹ bytes a second: a copy, each byte counted as read and as written. */
  gigabytesPerSecond: number
}

/** A copy of this size does not fit in any GPU's caches, and every GPU can bind a buffer of this size. */
const COPIED_BYTES = 64 * 2 ** 20
/** The vectors that an invocation copies, and the chains that it computes. The best numbers depend on the adapter. */
const VECTORS_PER_INVOCATION = [1, 4, 16]
const CHAINS = [2, 4, 8]

/** Enough to fill any GPU several times. */
const INVOCATIONS = 2 ** 18
/** The rounds of a first trial. Its time says how many rounds a launch of LONG_MILLISECONDS has. */
const TRIAL_ROUNDS = 8
/** In a launch of this length, the time of its start does not count. */
const LONG_MILLISECONDS = 20

/** A few launches of each kind; the fastest counts, because other processes can only make a launch slower. */
const QUICK = { atLeast: 5, milliseconds: 200 }

/** Throws a UserError if the adapter has no `timestamp-query`. */
export async function measureCeilings(gpu: Gpu): Promise<Ceilings> {
  return { gflops: await measureMultiplyAdds(gpu), gigabytesPerSecond: await measureCopies(gpu) }
}

async function measureCopies(gpu: Gpu): Promise<number> {
  const count = COPIED_BYTES / VECTOR_BYTES
  const kernels = VECTORS_PER_INVOCATION.map(perInvocation => copy({ label: 'copy', count, perInvocation }))
  return best(gpu, kernels, trafficOf)
}

async function measureMultiplyAdds(gpu: Gpu): Promise<number> {
  const make = (chains: number, rounds: number) =>
    multiplyAdd({ label: 'multiply-add', count: INVOCATIONS, chains, rounds, factor: 0.5, addend: 1 })
  const [fewest] = CHAINS
  const trial = await fastest(gpu, make(fewest, TRIAL_ROUNDS))
  const rounds = (TRIAL_ROUNDS * LONG_MILLISECONDS) / trial
  const kernels = CHAINS.map(chains => make(chains, Math.ceil((rounds * fewest) / chains)))
  return best(gpu, kernels, ({ macs }) => 2 * macs!)
}

/** The best rate of several kernels, in 10⁹ per second. `amount` is the work of one kernel. */
async function best(gpu: Gpu, kernels: Kernel[], amount: (kernel: Kernel) => number): Promise<number> {
  let most = 0
  for (const kernel of kernels) most = Math.max(most, amount(kernel) / (await fastest(gpu, kernel)) / 1e6)
  return most
}

async function fastest(gpu: Gpu, kernel: Kernel): Promise<number> {
  return Math.min(...(await timeKernel(gpu, kernel, { input: noise(kernel.inputs.input / 4) }, QUICK)))
}
