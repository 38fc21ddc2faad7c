// What the choice of a convolution's strategy depends on, besides its shape.

import type { Conv2dOptions } from '../../kernels/conv2d.ts'
import type { SubgroupMatrix } from '../../kernels/conv2d_subgroup_matrix.ts'
import type { Conv2dVariant } from './strategies.ts'

/** The adapter; a `Gpu` is one. */
export interface Device {
  /** Lanes of every subgroup, where the adapter has subgroups of one size. */
  subgroupSize?: number
  /** Matrices of f16 that the adapter multiplies and adds up in f32, where it does. */
  subgroupMatrix?: SubgroupMatrix
}

/** What the caller wants. */
export interface Policy {
  /** Whether Winograd's tiles may be chosen; default true. */
  winograd?: boolean
  /** By `conv2dKey`, what was measured to be fastest on the adapter. A variant that does not fit is ignored. */
  tuned?: ReadonlyMap<string, Conv2dVariant>
  /**
   * The variant that the caller forces on a convolution; undefined where the choice is free. A variant that does not fit the
   * convolution or the device throws. The gradient of the weight follows it where it names Winograd's tiles, and those fit.
   */
  forced?: (convolution: Conv2dOptions, device: Device) => Conv2dVariant | undefined
}

export interface ConvolutionTarget {
  device: Device
  policy?: Policy
  /** In training, weights change from run to run, and every run makes what its kernels read of them. Default: inference. */
  mode?: 'inference' | 'training'
}

/** Subgroups of 8 lanes are how CPU adapters present their vector units; there a load costs as much as ten multiply-adds. */
export const CPU_SUBGROUP = 8

/** Whether an adapter computes on the CPU: the narrowest vector units are subgroups of 4, and no hardware GPU has so few lanes. */
export const isCpu = ({ subgroupSize = Infinity }: Device): boolean => subgroupSize <= CPU_SUBGROUP
