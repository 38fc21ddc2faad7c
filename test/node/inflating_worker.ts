// A worker that makes streams of zlib most of the time, until its pool ends.

import { setImmediate } from 'node:timers/promises'
import { deflateSync, inflateSync } from 'node:zlib'
import { serve } from '../../src/node/worker_pool.ts'

const small = deflateSync(Buffer.alloc(100))

serve(async () => {
  for (;;) {
    for (let i = 0; i < 100; i++) inflateSync(small)
    await setImmediate()
  }
})
