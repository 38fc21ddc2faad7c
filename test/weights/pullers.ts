import { type ChildProcess, fork } from 'node:child_process'
import { on, once } from 'node:events'
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
    const messages = on(child, 'message')
    child.send(order)
    for await (const [message] of messages) if (typeof message !== 'string') return message
    throw new Error('it does not answer')
  }
  return { child, pull }
}
