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

/** Sets variables of the environment, or removes them, until the test ends. */
export function useEnvironment(): (values: Record<string, string | undefined>) => void {
  const before = new Map<string, string | undefined>()
  const set = (name: string, value: string | undefined) => {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
  afterEach(() => {
    for (const [name, value] of before) set(name, value)
    before.clear()
  })
  return values => {
    for (const [name, value] of Object.entries(values)) {
      if (!before.has(name)) before.set(name, process.env[name])
      set(name, value)
    }
  }
}
