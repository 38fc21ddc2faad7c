// Takes jobs from a queue of BullMQ, at least once each.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Job } from 'bullmq'
import type { Redis } from 'ioredis'
import { orAborted } from '../concurrency.ts'
import { BadJobError, type Store } from './job.ts'
import { peerPackage } from './peer_package.ts'
import {
  type JobResult,
  type JobStage,
  type JobTools,
  jobLine,
  type PhotoSegmenter,
  runJob,
} from './segment_job.ts'

export interface WorkerOptions {
  redis: Redis
  queue: string
  model: PhotoSegmenter
  store: Store
  /** How many jobs run at once: while one is on the GPU, others read and write. */
  concurrency: number
  /** The longest time for a try of a job. */
  seconds: number
  events: WorkerEvents
}

/** The events of jobs and of the connection. */
export interface WorkerEvents {
  onDone(job: JobName, result: JobResult): void
  /** `retries` says whether the queue will try the job again; else it keeps it among the failed ones. */
  onFailed(job: JobName, error: Error, retries: boolean): void
  /** The worker that had the job is gone: it was killed, or lost its connection for long. Another gets the job. */
  onStalled(id: string): void
  /** A try does not end although its time was over as long ago: the driver hangs, and no later job would get the GPU. */
  onStuck(job: JobName): void
  onDisconnected(): void
  onConnected(): void
  /** The queue reports a problem that it survives, such as a job whose lock was lost. */
  onProblem(error: Error): void
}

/** A job's id, and its data as the producer wrote them. */
export interface JobName {
  id: string
  data: unknown
}

export interface QueueWorker {
  /** Takes no new jobs, and waits for those that run. */
  close(): Promise<void>
}

/** For a job that says nothing of it: after 1, 2, 4 and 8 seconds. */
const DEFAULT_TRIES = { attempts: 5, backoff: { type: 'exponential', delay: 1000 } }

/**
 * How often a job may lose its worker before it counts as failed. A job that itself kills the worker, by its memory for example,
 * must not go round for ever.
 */
const MAX_STALLS = 3

/** How many finished jobs Redis keeps, unless the job says otherwise. All that failed stay. */
const KEPT = { count: 10_000 }

/** Starts to take jobs. Throws a UserError if BullMQ is not installed. */
export async function startWorker(options: WorkerOptions): Promise<QueueWorker> {
  const { redis, queue, concurrency, events } = options
  const { UnrecoverableError, Worker } = await peerPackage('bullmq ioredis', () => import('bullmq'))
  const running = new Set<Promise<unknown>>()
  const line = jobLine(options.model)
  const process = async (job: Job) => {
    job.opts.attempts ||= DEFAULT_TRIES.attempts // BullMQ writes 0 where the producer says nothing
    job.opts.backoff ??= DEFAULT_TRIES.backoff
    const trial = tryJob(job, line, options)
    running.add(trial)
    try {
      return await trial
    } catch (error) {
      throw error instanceof BadJobError ? new UnrecoverableError(error.message) : error
    } finally {
      running.delete(trial)
    }
  }
  const worker = new Worker<unknown, JobResult>(queue, process, {
    connection: redis,
    concurrency,
    maxStalledCount: MAX_STALLS,
    removeOnComplete: KEPT,
    runRetryDelay: 1000,
  })
  worker.on('completed', (job, result) => events.onDone(nameOf(job), result))
  worker.on('failed', (job, error) => {
    if (job) events.onFailed(nameOf(job), error, job.finishedOn === undefined)
  })
  worker.on('stalled', id => events.onStalled(id))
  const stopReporting = reportConnection(redis, worker, events)
  return {
    async close() {
      await Promise.race([worker.close(), untilIdle(running)])
      stopReporting()
    },
  }
}

/** How long a stopping worker waits for Redis to take the end of its last jobs. Without Redis another worker does them again. */
const FAREWELL_MS = 5000

async function untilIdle(running: ReadonlySet<Promise<unknown>>): Promise<void> {
  do {
    await Promise.allSettled(running)
    await sleep(FAREWELL_MS, undefined, { ref: false })
  } while (running.size > 0)
}

const nameOf = ({ id = '', data }: Job): JobName => ({ id, data })

/** A try of a job, which ends when its time is over. */
async function tryJob(
  job: Job,
  line: JobTools['line'],
  { model, store, seconds, events }: WorkerOptions,
): Promise<JobResult> {
  const late = new AbortController()
  const timers = [
    setTimeout(() => late.abort(new Error(`not done within ${seconds} s`)), seconds * 1000),
    setTimeout(() => events.onStuck(nameOf(job)), 2 * seconds * 1000).unref(),
  ]
  // The work does not wait for Redis, which may be away for a moment.
  const onStage = (stage: JobStage) => void job.updateProgress({ stage }).catch(() => {})
  const work = runJob(job.data, { model, line, store, signal: late.signal, onStage }).finally(() =>
    timers.forEach(clearTimeout),
  )
  return orAborted(work, late.signal) // A driver that hangs heeds no signal.
}

/** Reports each loss of the connection once, not each try to open it again. Returns what ends that. */
function reportConnection(
  redis: Redis,
  worker: { on(event: 'error', listener: (error: Error) => void): unknown },
  events: WorkerEvents,
): () => void {
  let connected = true
  const onClose = () => {
    if (connected) events.onDisconnected()
    connected = false
  }
  const onReady = () => {
    if (!connected) events.onConnected()
    connected = true
  }
  redis.on('close', onClose).on('ready', onReady)
  redis.on('error', () => {}) // 'close' follows
  worker.on('error', error => {
    if (connected) events.onProblem(error)
  })
  return () => redis.off('close', onClose).off('ready', onReady)
}
