// `atrous worker`: segments the photos that a queue in Redis names.

import { Command, InvalidArgumentError, Option } from 'commander'
import type { Precision } from '../kernels/layout.ts'
import { shownSource } from '../library/downloads.ts'
import { shown } from '../options.ts'
import { printable, printablePath } from '../printable.ts'
import type { JobResult } from '../queue/segment_job.ts'
import type { JobName, QueueWorker, WorkerEvents } from '../queue/worker.ts'
import { percentText, secondsText } from './format.ts'
import { catchSignals } from './interrupt.ts'
import { DEFAULT_MODEL, loadModel } from './model.ts'
import { positiveInteger, precisionOption } from './options.ts'
import { isQuiet, quietableAction } from './quiet.ts'

const EXAMPLES = `
Examples:
  atrous worker --queue segment --root /photos
                                             jobs from Redis on this machine
  atrous worker --redis rediss://user:password@host:6380 --queue segment
                                             photos and masks in S3 only
  ATROUS_REDIS=redis://redis:6379 atrous worker --queue segment --json
                                             a line of JSON for each job

A job is { "input": "a.jpg", "output": "masks/a" }: a photo below --root or at
s3://bucket/key, and where its results go. The worker writes masks/a.mask.png
and masks/a.overlay.png. docs/queue.md describes all fields, and how jobs are
tried again.

Several workers may share a queue, on one machine or on several. A job whose
worker dies goes to another one. A job that fails is tried again, after longer
and longer waits, if that can help; in the end it stays among the queue's failed
jobs with its error.

SIGTERM or Ctrl-C: takes no new jobs, finishes those that run, and ends with
exit code 0. A second one ends the worker at once.

The packages bullmq and ioredis are needed, and @aws-sdk/client-s3 for S3:
  npm install bullmq ioredis @aws-sdk/client-s3`

interface Options {
  redis: string
  queue: string
  root?: string
  http?: true
  concurrency: number
  timeout: number
  model: string
  precision: Precision
  json?: true
}

export function workerCommand(): Command {
  const command = new Command('worker')
    .description('Segments the photos that a queue of BullMQ names, until a signal ends it.')
    .requiredOption('--queue <name>', 'the name of the queue', queueName)
    .addOption(
      new Option('--redis <url>', 'where Redis is; a URL with a password belongs in the variable')
        .env('ATROUS_REDIS')
        .default('redis://localhost:6379'),
    )
    .option('--root <folder>', 'the folder below which jobs may read and write files (default: no files)')
    .option('--http', 'let jobs name photos by http: and https: URLs')
    .option(
      '--concurrency <n>',
      'how many jobs run at once: one on the GPU, others read and write',
      positiveInteger,
      2,
    )
    .option('--timeout <seconds>', 'the longest time for one try of a job, at most a day', seconds, 300)
    .option(
      '-m, --model <model>',
      'a name of `atrous weights list`, a checkpoint, its folder or its URL',
      DEFAULT_MODEL,
    )
    .addOption(precisionOption())
    .option('--json', 'print an object for each job')
    .addHelpText('after', EXAMPLES)
  return quietableAction(command, work, 'print nothing but errors')
}

function seconds(text: string): number {
  const value = positiveInteger(text)
  if (value > MOST_SECONDS) throw new InvalidArgumentError(`Expected at most ${MOST_SECONDS} seconds.`)
  return value
}

const MOST_SECONDS = 86_400

/** BullMQ divides Redis' keys by colons. */
function queueName(text: string): string {
  if (text === '' || text.includes(':')) throw new InvalidArgumentError('Expected a name without colons.')
  return text
}

async function work(options: Options): Promise<void> {
  const interrupt = catchSignals()
  const open: (() => unknown)[] = []
  try {
    await interrupt.orEnd(start(options, open))
    await new Promise(resolve => interrupt.signal.addEventListener('abort', resolve, { once: true }))
  } finally {
    for (const close of open.reverse()) await close()
    interrupt.release()
    // BullMQ does not end its own connection to a Redis that is away, which would keep the process alive.
    if (interrupt.signal.aborted) setTimeout(() => process.exit(), LAST_WORDS_MS).unref()
  }
}

/** Enough to write what was printed to a pipe. */
const LAST_WORDS_MS = 1000

/** Opens everything in the order in which it can fail the fastest, and adds to `open` what closes it again. */
async function start(options: Options, open: (() => unknown)[]): Promise<QueueWorker> {
  const { queue, root, http, concurrency, timeout, json } = options
  const [{ connectRedis }, { openStores }, { startWorker }] = await Promise.all([
    import('../queue/redis.ts'),
    import('../queue/stores.ts'),
    import('../queue/worker.ts'),
  ])
  const store = await openStores({ root, http })
  open.push(() => store.close())
  const redis = await connectRedis(options.redis)
  open.push(() => redis.disconnect())
  const model = await loadModel(options.model, options)
  open.push(() => model.dispose())
  const events = workerEvents({ json, quiet: isQuiet() })
  const worker = await startWorker({ redis, queue, model, store, concurrency, seconds: timeout, events })
  open.push(() => worker.close())
  events.onStarted(queue)
  return worker
}

interface EventOptions {
  json?: boolean
  quiet: boolean
}

export function workerEvents({
  json,
  quiet,
}: EventOptions): WorkerEvents & { onStarted(queue: string): void } {
  const say = (line: string) => console.error(line)
  const note = (line: string) => quiet || say(line)
  return {
    onStarted: queue => note(`queue ${printable(queue)}: ready for jobs`),
    onDone: (job, result) => {
      if (json) console.log(JSON.stringify({ job: job.id, input: inputOf(job), ...result }))
      else if (!quiet) console.log(doneLine(job, result))
    },
    onFailed: (job, { message }, retries) => {
      const error = printable(message)
      if (json) console.log(JSON.stringify({ job: job.id, input: inputOf(job), error, retries }))
      else say(`job ${job.id}: ${error}${retries ? '; will be tried again' : ''}`)
    },
    onStalled: id => note(`job ${id}: its worker is gone; it will be tried again`),
    onStuck: ({ id }) => {
      say(`job ${id}: does not end after its time-out; this worker ends, and another one gets its jobs`)
      process.exit(1)
    },
    onDisconnected: () => say('Redis: the connection is lost; waiting for it'),
    onConnected: () => note('Redis: connected again'),
    onProblem: error => say(`queue: ${printable(error.message)}`),
  }
}

/** The input as the producer wrote it, which may be anything. A URL is shown without what may be a password or a signature. */
function inputOf({ data }: JobName): string {
  const input = (data as { input?: unknown } | null | undefined)?.input
  return typeof input === 'string' ? printablePath(shownSource(input)) : shown(input)
}

function doneLine(job: JobName, { classes, outputs, milliseconds }: JobResult): string {
  const shares = classes.map(({ name, share }) => `${name} ${percentText(share)}`).join(', ')
  const places = Object.values(outputs).map(printablePath).join(', ')
  return `${inputOf(job)}: ${shares} → ${places} (${secondsText(milliseconds)})`
}
