// The progress of a run of many photos, on stderr: a bar in a terminal, else a line now and then.

import cliProgress from 'cli-progress'
import { isQuiet } from '../quiet.ts'
import type { Throughput } from './throughput.ts'

const SECONDS_A_LINE = 30
const SECONDS_A_FRAME = 0.5

export interface BatchProgress {
  stop(): void
}

/**
 * Shows the progress until `stop`. The number of photos may become known later, or never, as of archives. `lines`: other output of the
 * terminal shows the progress photo by photo.
 */
export function showProgress(
  throughput: Throughput,
  { total, lines }: { total: Promise<number | undefined>; lines: boolean },
): BatchProgress {
  if (isQuiet()) return { stop() {} }
  return process.stderr.isTTY && !lines ? bar(throughput, total) : statusLines(throughput, total)
}

function bar(throughput: Throughput, total: Promise<number | undefined>): BatchProgress {
  let photos: number | undefined
  total.then(count => {
    photos = count
  })
  const format = '{bar} {status}'
  const options = { clearOnComplete: true, format, barsize: 20 }
  const shown = new cliProgress.SingleBar(options, cliProgress.Presets.shades_classic)
  shown.start(1, 0, { status: '' })
  const timer = setInterval(() => {
    shown.update(photos ? throughput.done / photos : 0, { status: statusOf(throughput, photos) })
  }, SECONDS_A_FRAME * 1000)
  return {
    stop() {
      clearInterval(timer)
      shown.stop()
    },
  }
}

function statusLines(throughput: Throughput, total: Promise<number | undefined>): BatchProgress {
  let photos: number | undefined
  total.then(count => {
    photos = count
  })
  const timer = setInterval(() => console.error(statusOf(throughput, photos)), SECONDS_A_LINE * 1000)
  timer.unref()
  return { stop: () => clearInterval(timer) }
}

/** `120 of 500 photos · 2.5 photos/s, … · 3 min left`. */
function statusOf(throughput: Throughput, total: number | undefined): string {
  const count = total === undefined ? `${throughput.done}` : `${throughput.done} of ${total}`
  return [`${count} photos`, throughput.rates, throughput.left(total)].filter(Boolean).join(' · ')
}
