// What can go wrong with a request, and the answer to it.

import { UserError } from '../errors.ts'
import { DeviceLostError, OutOfMemoryError } from '../gpu/errors.ts'

interface Refusal {
  /** Of HTTP. */
  status: number
  /** Seconds after which the client may try again. */
  retryAfter?: number
}

/** A request that the server does not fulfil. The message goes to the client. */
export class RequestError extends UserError {
  override name = 'RequestError'
  readonly status: number
  readonly retryAfter: number | undefined

  constructor(message: string, { status, retryAfter }: Refusal) {
    super(message)
    this.status = status
    this.retryAfter = retryAfter
  }
}

/** A client that has closed its connection gets no answer. Logs and metrics count it under this status, as nginx does. */
export const CLIENT_GONE = 499

/** The status and the message for an error. The message of a bug does not leave the server: it may hold anything. */
export function refusalOf(error: unknown): Refusal & { message: string } {
  if (error instanceof RequestError)
    return { status: error.status, message: error.message, retryAfter: error.retryAfter }
  if (error instanceof OutOfMemoryError) return { status: 413, message: error.message }
  if (error instanceof UserError) return { status: 400, message: error.message }
  if (error instanceof DeviceLostError)
    return { status: 503, message: 'the GPU was lost, and did not come back in time', retryAfter: 5 }
  const status = statusOf(error)
  return status < 500
    ? { status, message: (error as Error).message }
    : { status, message: 'internal error: the log of the server has more' }
}

/** Errors of the HTTP library say whose fault they are. */
function statusOf(error: unknown): number {
  const { statusCode } = error as { statusCode?: unknown }
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : 500
}
