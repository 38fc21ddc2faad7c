import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { PullAnswer, PullOrder } from './pull_process.ts'

/** A process of its own that finds weights. */
export interface Puller {
  child: ChildProcess
  /** Has it find weights; resolves to what it says then. */
  pull(order: PullOrder): Promise<PullAnswer>
}

/** Starts one. The caller kills it. */
export async function startPuller(env: NodeJS.ProcessEnv = {}): Promise<Puller> {
  const script = fileURLToPath(new URL('pull_process.ts', import.meta.url))
  const child = fork(script, { execArgv: ['--import', 'tsx'], env: { ...process.env, ...env } })
  await once(child, 'message')
  const pull = async (order: PullOrder): Promise<PullAnswer> => {
    const answer = once(child, 'message')
    child.send(order)
    return (await answer)[0]
  }
  return { child, pull }
}
