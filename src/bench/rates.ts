// The rates at which kernels work, and their share of the best rates of the adapter.

import { type Kernel, trafficOf } from '../gpu/kernel.ts'
import type { Ceilings } from './ceilings.ts'

export interface Rates {
  /** 10⁹ operations per second, two for each multiply-add of a convolution. Every tap counts, also taps in the padding. */
  gflops?: number
  /** 10⁹ bytes per second. Each byte that must be read or written counts once, as if caches were perfect. */
  gigabytesPerSecond: number
  /**
   * The shortest time that the ceilings allow for the work, divided by the measured time: 1 is the best possible. It can be
   * more if the kernel leaves work out (taps in the padding) or finds its data in a cache.
   */
  ofCeiling: number
  /** The ceiling that limits the kernels more. */
  boundBy: 'arithmetic' | 'memory'
}

/** The rates of kernels that together took this time. */
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
