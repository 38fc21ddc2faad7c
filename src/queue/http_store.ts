// Photos at http: and https: URLs. Results are not written there.

import { HttpError } from '../library/http_error.ts'
import { fetchBytes, TooLargeError } from '../node/downloads/fetch_bytes.ts'
import { mayPass } from '../node/downloads/http_errors.ts'
import { MAX_PHOTO_BYTES } from '../node/images/image_source.ts'
import { BadJobError } from './job.ts'
import type { Store } from './store.ts'

const SECONDS = 60

export const httpStore: Store = {
  async read(place, signal) {
    if (!URL.canParse(place)) throw new BadJobError('input: this is not a URL')
    try {
      return await fetchBytes(new URL(place), { maxBytes: MAX_PHOTO_BYTES, seconds: SECONDS, signal })
    } catch (error) {
      const isLasting = error instanceof TooLargeError || (error instanceof HttpError && !mayPass(error))
      throw isLasting ? new BadJobError(error.message) : error
    }
  },
  async write() {
    throw new BadJobError('output: results are written to files or to s3://bucket/key')
  },
  identity: async place => place,
}
