// Errors of downloads that both platforms have, as one line for the user.

import { UserError } from '../errors.ts'
import { shownUrl } from './shown_url.ts'

/** The server refused: a UserError with its HTTP status. */
export class HttpError extends UserError {
  constructor(
    url: string,
    readonly status: number,
  ) {
    super(`${shownUrl(url)}: ${STATUS_CAUSES[status] ?? 'the server refused'} (HTTP ${status})`)
  }
}

/** The server cannot be reached, or it stopped sending: this machine may be offline. */
export class UnreachableError extends UserError {}

const STATUS_CAUSES: Record<number, string> = {
  401: 'access denied',
  403: 'access denied',
  404: 'not found',
  410: 'no longer there',
}
