// What can go wrong on a GPU, as types that a caller can tell apart.

import { UserError } from '../errors.ts'

/** There is no adapter to be had, or none with what was asked for. */
export class NoAdapterError extends UserError {
  override name = 'NoAdapterError'
}

/** The device is gone (driver reset, unplugged, destroyed): its buffers and pipelines too. Open a new one. */
export class DeviceLostError extends Error {
  override name = 'DeviceLostError'
  readonly reason: string
  constructor({ reason, message }: { reason: string; message: string }) {
    super(`the GPU device was lost (${reason}): ${message}`)
    this.reason = reason
  }
}

/** A buffer did not fit in the GPU's memory. */
export class OutOfMemoryError extends UserError {
  override name = 'OutOfMemoryError'
}

/** A shader did not compile, or its pipeline was refused; the message holds the numbered WGSL. */
export class ShaderError extends Error {
  override name = 'ShaderError'
}

/** WebGPU refused a command that this library sent: a bug here, not in the caller's input. */
export class ValidationError extends Error {
  override name = 'ValidationError'
}
