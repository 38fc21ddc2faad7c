// Which variant of the convolution runs: the one table of choices, each as bench/NOTES.md measured it.

import type { Kernel } from '../gpu/kernel.ts'
import { type Conv2dOptions, conv2d } from './conv2d.ts'
import { conv2dSubgroup } from './conv2d_subgroup.ts'

/** What a choice may depend on besides the shape. */
export interface ConvolutionTarget {
  /** Lanes of every subgroup, where the adapter has subgroups of one size. */
  subgroupSize?: number
}

/** Subgroups of 8 lanes are how CPU adapters present their vector units; there a load costs as much as ten multiply-adds. */
const CPU_SUBGROUP = 8

export function chooseConv2d(options: Conv2dOptions, { subgroupSize }: ConvolutionTarget): Kernel {
  return subgroupSize === CPU_SUBGROUP ? conv2dSubgroup({ ...options, subgroupSize }) : conv2d(options)
}
