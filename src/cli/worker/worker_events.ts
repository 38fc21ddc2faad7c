// What `atrous worker` prints: a line for each job that ends on standard output, everything else on standard error.

import { shownSource } from '../../library/shown_url.ts'
import { shown } from '../../options.ts'
import { printable, printablePath } from '../../printable.ts'
import type { JobResult } from '../../queue/segment_job.ts'
import type { JobName, WorkerEvents } from '../../queue/worker.ts'
import { percentText, secondsText } from '../format.ts'

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
