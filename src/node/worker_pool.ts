// A pool of threads for one kind of job.

import { fileURLToPath } from 'node:url'
import { parentPort, type Transferable, Worker, workerData } from 'node:worker_threads'
import { UserError } from '../errors.ts'

interface Request<Job> {
  id: number
  job: Job
}

type Response<Result> = { id: number } & ({ result: Result } | { error: unknown; isUserError: boolean })

interface Waiting<Result> {
  /** The number of the thread that has the job. */
  thread: number
  resolve(result: Result): void
  reject(error: unknown): void
}

/** The number that a pool and its threads share: not 0 once the pool is closed. */
type Closed = Int32Array<SharedArrayBuffer>

/** Tells a thread to stop between two steps of its jobs. Its answer is the same. */
const STOP = 'stop'

export class WorkerPool<Job, Result> {
  readonly #workers: Worker[]
  readonly #waiting = new Map<number, Waiting<Result>>()
  readonly #closed: Closed = new Int32Array(new SharedArrayBuffer(4))
  #jobs = 0
  #failure: unknown

  /** Starts `count` threads on a module that calls `serve`. */
  constructor(module: URL, count: number) {
    this.#workers = Array.from({ length: count }, () => {
      const worker = startWorker(module, this.#closed)
      worker.on('message', (response: Response<Result>) => this.#settle(response))
      worker.on('error', error => this.#failAll(error))
      worker.on('messageerror', error => this.#failAll(error))
      // A thread also ends without an error: by process.exit, or because the system has no memory left.
      worker.on('exit', code => this.#failAll(new Error(`a worker thread ended with exit code ${code}`)))
      return worker
    })
  }

  /**
   * Sends a job to the thread that has the fewest. `transfer` lists buffers that are moved instead of copied. Rejects with the error
   * of the job or of its thread.
   */
  run(job: Job, transfer: Transferable[] = []): Promise<Result> {
    const id = this.#jobs++
    return new Promise((resolve, reject) => {
      if (this.#failure) throw this.#failure
      const thread = this.#idlest()
      this.#workers[thread].postMessage({ id, job } satisfies Request<Job>, transfer)
      this.#waiting.set(id, { thread, resolve, reject })
    })
  }

  /** Rejects unfinished jobs, and ends the threads. A thread first finishes what it computes without a pause, such as a photo. */
  async close(): Promise<void> {
    this.#failAll(new Error('the workers were ended'))
    Atomics.store(this.#closed, 0, 1)
    await Promise.all(this.#workers.map(end))
  }

  /** The number of the thread with the fewest jobs. */
  #idlest(): number {
    const jobs = this.#workers.map(() => 0)
    for (const { thread } of this.#waiting.values()) jobs[thread]++
    return jobs.indexOf(Math.min(...jobs))
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
function startWorker(module: URL, closed: Closed): Worker {
  const options = { workerData: closed }
  if (!module.pathname.endsWith('.ts')) return new Worker(module, options)
  const file = JSON.stringify(fileURLToPath(module))
  const script = `const load = require('node:module').createRequire(${file}); load('tsx/cjs/api').register(); load(${file})`
  // Without the process's options: with them, `require` might refuse the dependencies that are ES modules.
  return new Worker(script, { ...options, eval: true, execArgv: [] })
}

/**
 * Terminates a thread while it waits. Node 20 ends the whole process if a thread is terminated while it makes a stream of zlib, which
 * decoding a PNG does.
 */
async function end(worker: Worker): Promise<void> {
  if (worker.threadId === -1) return // It has ended.
  await new Promise<void>(resolve => {
    worker.on('exit', () => resolve())
    worker.on('message', message => {
      if (message === STOP) resolve()
    })
    worker.postMessage(STOP)
  })
  await worker.terminate()
}

/** Called in a thread: runs the jobs of its pool. `transfer` lists buffers that are moved instead of copied. */
export function serve<Job, Result>(
  work: (job: Job) => Promise<{ result: Result; transfer: Transferable[] }>,
): void {
  const closed: Closed = workerData
  parentPort!.on('message', async (request: Request<Job> | typeof STOP) => {
    if (request === STOP) {
      parentPort!.postMessage(STOP)
      Atomics.wait(closed, 0, 1)
      return
    }
    if (Atomics.load(closed, 0) !== 0) return
    const { id, job } = request
    try {
      const { result, transfer } = await work(job)
      parentPort!.postMessage({ id, result }, transfer)
    } catch (error) {
      // The class of an error is lost between threads.
      parentPort!.postMessage({ id, error, isUserError: error instanceof UserError })
    }
  })
}
