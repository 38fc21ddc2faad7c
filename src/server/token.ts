import { createHash, timingSafeEqual } from 'node:crypto'
import { RequestError } from './request_error.ts'

/**
 * A check of the header Authorization, which throws a RequestError with the status 401. It takes as long for a wrong token as for a right
 * one: digests have one length, and all bytes of them are compared.
 */
export function tokenCheck(token: string): (authorization: string | undefined) => void {
  const expected = digestOf(token)
  return authorization => {
    const [, given = ''] = /^Bearer +(\S+)$/i.exec(authorization ?? '') ?? []
    if (!timingSafeEqual(digestOf(given), expected))
      throw new RequestError('expected the header Authorization: Bearer, with the token of this server', {
        status: 401,
      })
  }
}

const digestOf = (text: string) => createHash('sha256').update(text).digest()
