import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { PullAnswer, PullOrder } from './pull_process.ts'

/** A separate process that finds weights. */
export interface Puller {
  child: ChildProcess
  /** Makes it find weights, and returns its answer. */
  pull(order: PullOrder): Promise<PullAnswer>
}

/** Starts such a process. The caller kills it. */
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
