// The cases of kernels over lists of whole numbers.

import { randomSource } from '../../reference/random.ts'
import type { KernelCase } from '../../support/kernel_suite.ts'

/** The values of a block of prefix_sum. */
export const BLOCK = 1024

export interface ListCase extends KernelCase {
  count: number
}

export const LIST_CASES: ListCase[] = [
  { name: 'one value', count: 1 },
  { name: 'a part of a run', count: 5 },
  { name: 'one run and one value', count: 257, answer: true },
  { name: 'one block', count: 1024 },
  { name: 'one block and one value', count: 1025 },
  { name: 'several blocks', count: 5003 },
  { name: 'as many as a photo of 513×513 has corners', count: 1579014, bench: true },
]

/** Random whole numbers from 0 to `limit` − 1. */
export function numbersBelow(limit: number, count: number, seed = 1): Uint32Array {
  const next = randomSource(seed)
  return Uint32Array.from({ length: count }, () => Math.floor(limit * next()))
}
