// The parent's side of an engine: one process, which computes only on request.

import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Job, Reply, Request, Run } from './engines/engine.ts'

/** An engine's name in results, its module and the arguments of its process. */
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
      // The process must not write to stdout, which is for results: Mesa prints warnings if it has no folder for sockets.
      stdio: ['ignore', process.stderr, process.stderr, 'ipc'],
      env: { XDG_RUNTIME_DIR: '/tmp', ...process.env },
    })
  }

  /** Loads a workload. Returns the adapter that the engine runs on, if the engine reports it. */
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
