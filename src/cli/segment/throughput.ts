// How fast a run of many photos is, how long it will take, and its progress on stderr: a bar in a terminal, else a line now and then.

import cliProgress from 'cli-progress'
import type { TileProgress } from '../../library/segment_options.ts'
import { durationText } from '../format.ts'
import { isQuiet } from '../quiet.ts'

export class Throughput {
  /** What is counted. */
  readonly things: string
  readonly #start = performance.now()
  /** Photos of this run that have results. */
  #segmented = 0
  #pixels = 0
  #gpuMilliseconds = 0
  #failed = 0
  /** Photos whose results were there. */
  #kept = 0
  #tiles: TileProgress | undefined

  constructor(things = 'photos') {
    this.things = things
  }

  segmented({ pixels, milliseconds = 0 }: { pixels: number; milliseconds?: number }): void {
    this.#segmented++
    this.#pixels += pixels
    this.#gpuMilliseconds += milliseconds
  }

  failed(): void {
    this.#failed++
  }

  /** The windows of the photo that is on the GPU; undefined when all are done. */
  tile(tiles: TileProgress | undefined): void {
    this.#tiles = tiles
  }

  kept(): void {
    this.#kept++
  }

  /** How long the GPU had work, in milliseconds. */
  get gpuMilliseconds(): number {
    return this.#gpuMilliseconds
  }

  get done(): number {
    return this.#segmented + this.#failed + this.#kept
  }

  /** The photos that are done, with the share of the present one in tiles. */
  get share(): number {
    return this.done + this.#ofPresent
  }

  get #ofPresent(): number {
    return this.#tiles ? this.#tiles.done / this.#tiles.total : 0
  }

  /** `tile 12 of 400` of the present photo, if it has tiles, else the rates; empty before the first photo. */
  get present(): string {
    if (this.#tiles) return `tile ${this.#tiles.done} of ${this.#tiles.total}`
    return this.#segmented > 0 ? this.rates : ''
  }

  /** `2.5 photos/s, 1.2 MP/s, GPU at work 98 % of the time`, the last if it is known. */
  get rates(): string {
    const milliseconds = performance.now() - this.#start
    const rate = (count: number) => (count / (milliseconds / 1000)).toPrecision(3)
    const share = Math.round((100 * this.#gpuMilliseconds) / milliseconds)
    const work = this.#gpuMilliseconds > 0 ? `, GPU at work ${share} % of the time` : ''
    return `${rate(this.#segmented)} ${this.things}/s, ${rate(this.#pixels / 1e6)} MP/s${work}`
  }

  /** How long the rest of `total` photos will take; empty if that is not known. Photos that were done before took no time. */
  left(total: number | undefined): string {
    const worked = this.#segmented + this.#failed + this.#ofPresent
    if (total === undefined || worked === 0) return ''
    const each = (performance.now() - this.#start) / worked
    return `${durationText(each * Math.max(0, total - this.share))} left`
  }

  /** `500 photos in 3 min: …`, with what failed and what was there. */
  get summary(): string {
    const kept = this.#kept > 0 ? `, ${this.#kept} done before` : ''
    const failed = this.#failed > 0 ? `, ${this.#failed} failed` : ''
    const time = durationText(performance.now() - this.#start)
    const rates = this.#segmented > 0 ? `: ${this.rates}` : ''
    return `${this.#segmented} photos segmented in ${time}${kept}${failed}${rates}`
  }
}

const SECONDS_A_LINE = 30
const SECONDS_A_FRAME = 0.5

interface BatchProgress {
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
    shown.update(photos ? throughput.share / photos : 0, { status: statusOf(throughput, photos) })
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
  return [`${count} ${throughput.things}`, throughput.present, throughput.left(total)]
    .filter(Boolean)
    .join(' · ')
}
