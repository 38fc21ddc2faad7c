// A pool of threads for one kind of job.

import { fileURLToPath } from 'node:url'
import { parentPort, type Transferable, Worker } from 'node:worker_threads'
import { UserError } from '../errors.ts'

interface Request<Job> {
  id: number
  job: Job
}

type Response<Result> = { id: number } & ({ result: Result } | { error: unknown; isUserError: boolean })

interface Waiting<Result> {
  resolve(result: Result): void
  reject(error: unknown): void
}

export class WorkerPool<Job, Result> {
  readonly #workers: Worker[]
  readonly #waiting = new Map<number, Waiting<Result>>()
  #jobs = 0
  #failure: unknown

  /** Starts `count` threads on a module that calls `serve`. */
  constructor(module: URL, count: number) {
    this.#workers = Array.from({ length: count }, () => {
      const worker = startWorker(module)
      worker.on('message', (response: Response<Result>) => this.#settle(response))
      worker.on('error', error => this.#failAll(error))
      worker.on('messageerror', error => this.#failAll(error))
      // A thread also ends without an error: by process.exit, or because the system has no memory left.
      worker.on('exit', code => this.#failAll(new Error(`a worker thread ended with exit code ${code}`)))
      return worker
    })
  }

  /** Sends jobs to the threads in turn. Rejects with the error of the job or of its thread. */
  run(job: Job): Promise<Result> {
    const id = this.#jobs++
    return new Promise((resolve, reject) => {
      if (this.#failure) throw this.#failure
      this.#waiting.set(id, { resolve, reject })
      this.#workers[id % this.#workers.length].postMessage({ id, job } satisfies Request<Job>)
    })
  }

  /** Ends the threads at once; unfinished jobs reject. */
  async close(): Promise<void> {
    this.#failure ??= new Error('the workers were ended')
    await Promise.all(this.#workers.map(worker => worker.terminate()))
    this.#failAll(this.#failure)
  }

  #settle(response: Response<Result>): void {
    const waiting = this.#waiting.get(response.id)
    if (!waiting) return // the pool has failed meanwhile
    const { resolve, reject } = waiting
    this.#waiting.delete(response.id)
    if ('result' in response) resolve(response.result)
    else reject(response.isUserError ? new UserError((response.error as Error).message) : response.error)
  }

  /** Fails all jobs: without one of its threads a pool would wait for ever. */
  #failAll(error: unknown): void {
    this.#failure ??= error
    for (const { reject } of this.#waiting.values()) reject(this.#failure)
    this.#waiting.clear()
  }
}

/**
 * Node 20 does not pass tsx's hooks to threads. A thread that starts from TypeScript registers tsx for `require` itself: the
 * hooks for `import` would run in one more thread, which doubles the time to start.
 */
function startWorker(module: URL): Worker {
  if (!module.pathname.endsWith('.ts')) return new Worker(module)
  const file = JSON.stringify(fileURLToPath(module))
  const script = `const load = require('node:module').createRequire(${file}); load('tsx/cjs/api').register(); load(${file})`
  // Without the process's options: with them, `require` might refuse the dependencies that are ES modules.
  return new Worker(script, { eval: true, execArgv: [] })
}

/** Called in a thread: runs the jobs of its pool. `transfer` lists buffers that are moved instead of copied. */
export function serve<Job, Result>(
  work: (job: Job) => Promise<{ result: Result; transfer: Transferable[] }>,
): void {
  parentPort!.on('message', async ({ id, job }: Request<Job>) => {
    try {
      const { result, transfer } = await work(job)
      parentPort!.postMessage({ id, result }, transfer)
    } catch (error) {
      // The class of an error is lost between threads.
      parentPort!.postMessage({ id, error, isUserError: error instanceof UserError })
    }
  })
}
