// The parent's side of an engine: one process, which computes only while it is asked to.

import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Job, Reply, Request, Run } from './engines/engine.ts'

/** An engine's name in results, its module and what its process is told. */
export interface EngineKind {
  name: string
  module: string
  args?: string[]
}

export class EngineProcess {
  readonly name: string
  readonly #process: ChildProcess

  constructor({ name, module, args }: EngineKind) {
    this.name = name
    this.#process = fork(fileURLToPath(new URL(`engines/${module}`, import.meta.url)), args, {
      serialization: 'advanced', // typed arrays
      // Results alone go to stdout. Mesa warns where it has nowhere for its sockets.
      stdio: ['ignore', process.stderr, process.stderr, 'ipc'],
      env: { XDG_RUNTIME_DIR: '/tmp', ...process.env },
    })
  }

  /** Resolves to the adapter that the engine says it runs on, if it does. */
  async load(job: Job): Promise<string | undefined> {
    const { adapter } = (await this.#ask({ load: job })) as { adapter?: string }
    return adapter
  }

  run(): Promise<Run> {
    return this.#ask('run') as Promise<Run>
  }

  stop(): void {
    this.#process.kill()
  }

  async #ask(request: Request): Promise<Reply> {
    const reply = await new Promise<Reply>((resolve, reject) => {
      const ended = (code: number | null) => reject(new Error(`${this.name}: its process ended (${code})`))
      this.#process.once('exit', ended)
      this.#process.once('message', message => {
        this.#process.off('exit', ended)
        resolve(message as Reply)
      })
      this.#process.send(request)
    })
    if ('error' in reply) throw new Error(`${this.name}: ${reply.error}`)
    return reply
  }
}
