// How much work kernels did in their time, and how near that is to what the adapter gives at best.

import { type Kernel, trafficOf } from '../gpu/kernel.ts'
import type { Ceilings } from './ceilings.ts'

export interface Rates {
  /** 10⁹ operations a second, two to a multiply-add: the convolutions', every tap counted, those in the padding too. */
  gflops?: number
  /** 10⁹ bytes a second, each byte that has to be read or written counted once, as if caches were perfect. */
  gigabytesPerSecond: number
  /**
   * The time that the ceilings allow for the work, over the time that it took: 1 is the best that this adapter can. More is
   * possible where work is left out (taps in the padding) or where data stays in a cache.
   */
  ofCeiling: number
  /** Which ceiling is the nearer one. */
  boundBy: 'arithmetic' | 'memory'
}

/** Of kernels that together took so long. */
export function ratesOf(kernels: readonly Kernel[], milliseconds: number, ceilings: Ceilings): Rates {
  const sum = (amount: (kernel: Kernel) => number) =>
    kernels.reduce((total, kernel) => total + amount(kernel), 0)
  const perSecond = (amount: number) => amount / milliseconds / 1e6
  const arithmeticTime = (kernel: Kernel) => operations(kernel) / ceilings.gflops / 1e6
  const memoryTime = (kernel: Kernel) => trafficOf(kernel) / ceilings.gigabytesPerSecond / 1e6
  const counted = kernels.every(({ macs }) => macs !== undefined)
  return {
    ...(counted && { gflops: perSecond(sum(operations)) }),
    gigabytesPerSecond: perSecond(sum(trafficOf)),
    ofCeiling: sum(kernel => Math.max(arithmeticTime(kernel), memoryTime(kernel))) / milliseconds,
    boundBy: sum(arithmeticTime) > sum(memoryTime) ? 'arithmetic' : 'memory',
  }
}

const operations = ({ macs = 0 }: Kernel) => 2 * macs
