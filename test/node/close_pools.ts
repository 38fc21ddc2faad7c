// A process that closes pools whose threads make streams of zlib: `tsx close_pools.ts`.

import { setTimeout } from 'node:timers/promises'
import { WorkerPool } from '../../src/node/worker_pool.ts'

const THREADS = 8

for (let round = 0; round < 4; round++) {
  const pool = new WorkerPool<number, never>(new URL('./inflating_worker.ts', import.meta.url), THREADS)
  const jobs = Promise.allSettled(Array.from({ length: THREADS }, (_, i) => pool.run(i)))
  await setTimeout(round * 300) // threads that start, and threads that work
  await pool.close()
  await jobs
}
console.log('all closed')
