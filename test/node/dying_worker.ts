// A worker whose jobs can end it.

import { serve } from '../../src/node/worker_pool.ts'

serve(async (job: string) => {
  if (job === 'exit') process.exit(0)
  if (job === 'throw later') {
    setTimeout(() => {
      throw new Error('thrown later')
    })
    await new Promise(() => {})
  }
  if (job === 'wait') await new Promise(resolve => setTimeout(resolve, 10_000))
  return { result: job, transfer: [] }
})
