// What the choice of a convolution's strategy depends on, besides its shape.

import type { Quirk } from '../../gpu/quirks/quirks.ts'
import type { Conv2dOptions } from '../../kernels/convolution/conv2d.ts'
import type { SubgroupMatrix } from '../../kernels/convolution/conv2d_subgroup_matrix.ts'
import type { Conv2dChoice } from './strategies.ts'

/** The adapter; a `Gpu` is one. */
export interface Device {
  /** Whether it computes on the CPU, where a load costs as much as ten multiply-adds. Default: it is a hardware GPU. */
  isCpu?: boolean
  /** Lanes of every subgroup, where the adapter has subgroups of one size. */
  subgroupSize?: number
  /** The sizes of subgroups that kernels get where they ask for one. Default: none. */
  subgroupSizes?: readonly number[]
  /** What the adapter needs that others do not. Default: nothing. */
  quirks?: ReadonlySet<Quirk>
  /** Matrices of f16 that the adapter multiplies and adds up in f32, where it does. */
  subgroupMatrix?: SubgroupMatrix
  /** Of a workgroup: invocations, and bytes of memory. Default: WebGPU's, which every adapter has. */
  limits?: Partial<WorkgroupLimits>
  /** The maker of the GPU and its architecture, as WebGPU names them. */
  info?: { vendor: string; architecture: string }
}

export type WorkgroupLimits = Record<
  'maxComputeInvocationsPerWorkgroup' | 'maxComputeWorkgroupStorageSize',
  number
>

/** What the caller wants. */
export interface Policy {
  /** Whether Winograd's tiles may be chosen; default true. */
  winograd?: boolean
  /** What was measured to be fastest on the adapter, by `tunedKey`. What is unknown or does not fit is ignored. */
  tuned?: Tuned
  /**
   * The variant that the caller forces on a convolution; undefined where the choice is free. A variant that does not fit the
   * convolution or the device throws. The gradient of the weight follows it where it names Winograd's tiles, and those fit.
   */
  forced?: (convolution: Conv2dOptions, device: Device) => Conv2dChoice | undefined
}

/**
 * Choices by convolution, both as text: `1×33×33×256 → 256, 1×1` and `conv2d_tiled 4×8 of 64×64, depth 16`. A choice is the
 * name of a strategy, or the name and one of its tiles.
 */
export type Tuned = ReadonlyMap<string, string>

export interface ConvolutionTarget {
  device: Device
  policy?: Policy
  /** In training, weights change from run to run, and every run makes what its kernels read of them. Default: inference. */
  mode?: 'inference' | 'training'
}
