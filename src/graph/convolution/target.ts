// The target of a strategy: all that it depends on, besides the convolution.

import type { Quirk } from '../../gpu/quirks/quirks.ts'
import type { SubgroupMatrix } from '../../kernels/convolution/conv2d_subgroup_matrix.ts'

/** The adapter; a `Gpu` is one. */
export interface Device {
  /** Whether it computes on the CPU, where a load costs as much as ten multiply-adds. Default: it is a hardware GPU. */
  isCpu?: boolean
  /** Lanes of every subgroup, where the adapter has subgroups of one size. */
  subgroupSize?: number
  /** The sizes of subgroups that kernels get where they ask for one. Default: none. */
  subgroupSizes?: readonly number[]
  /** The needs of this adapter that others do not have. Default: none. */
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

export interface StrategyTarget {
  device: Device
  /** In training, weights change from run to run, and every run makes what its kernels read of them. Default: inference. */
  mode?: 'inference' | 'training'
}
