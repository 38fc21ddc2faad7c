// The errors of a GPU: a type for each kind, so that callers can tell them apart.

import { UserError } from '../errors.ts'

/** There is no GPU adapter, or none with the features that the caller asked for. */
export class NoAdapterError extends UserError {
  override name = 'NoAdapterError'
}

/** The device is lost (driver reset, unplugged or destroyed), with its buffers and pipelines. Open a new one. */
export class DeviceLostError extends Error {
  override name = 'DeviceLostError'
  readonly reason: string
  constructor({ reason, message }: { reason: string; message: string }) {
    super(`the GPU device was lost (${reason}): ${message}`)
    this.reason = reason
  }
}

/** A buffer does not fit in the GPU's memory. */
export class OutOfMemoryError extends UserError {
  override name = 'OutOfMemoryError'
}

/**
 * A shader does not compile, or WebGPU refuses its pipeline: the message holds the numbered WGSL. Or a constant is not
 * declared.
 */
export class ShaderError extends Error {
  override name = 'ShaderError'
}

/** WebGPU refused a command of this library: this is a bug in the library and not in the caller's input. */
export class ValidationError extends Error {
  override name = 'ValidationError'
}
