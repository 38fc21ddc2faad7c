// A kernel with the buffers that it reads and writes.

import type { Kernel } from './kernel.ts'

/** The part of a GPU buffer that a kernel's buffer takes, in bytes. */
export interface Range {
  buffer: GPUBuffer
  offset: number
  size: number
}

export interface Launch {
  kernel: Kernel
  /** A range for each of the kernel's inputs and outputs. Those of 0 bytes may be missing. */
  ranges: Record<string, Range>
}
