// How far a training run is, on stderr: a bar in a terminal; elsewhere, as in a log file, a line now and then.

import cliProgress from 'cli-progress'
import type { TrainingStep } from '../node/trainer.ts'
import { durationText, percentText } from './format.ts'

export interface TrainingProgress {
  step(step: TrainingStep): void
  validated(mIoU: number): void
  stop(): void
}

interface Run {
  /** Steps in all. */
  total: number
  /** Those that are behind it. */
  done: number
  /** Of the last validation before. */
  mIoU?: number | null
}

export function trainingProgress(run: Run): TrainingProgress {
  return process.stderr.isTTY ? trainingBar(run) : trainingLog(run)
}

function trainingBar({ total, done, mIoU }: Run): TrainingProgress {
  const format = `{bar} step {value} of {total} · {values}{score} · {eta_formatted} left`
  const options = { clearOnComplete: true, format, barsize: 20, etaBuffer: 50 }
  const bar = new cliProgress.SingleBar(options, cliProgress.Presets.shades_classic)
  bar.start(total, done, { values: 'compiling', score: scoreText(mIoU) })
  return {
    step: step => bar.update(step.step, { values: valuesText(step) }),
    validated: score => bar.update({ score: scoreText(score) }),
    stop: () => bar.stop(),
  }
}

/** Milliseconds between two lines. */
const LINE_EVERY = 30_000

/** A line every 30 seconds, and one after each validation. `write` and `now`, a clock in milliseconds, are for tests. */
export function trainingLog(
  { total, mIoU }: Pick<Run, 'total' | 'mIoU'>,
  { write = (line: string) => console.error(line), now = () => performance.now() } = {},
): TrainingProgress {
  let score = mIoU
  let printedAt = now()
  let first: { step: number; at: number } | undefined
  let latest: TrainingStep | undefined
  const print = () => {
    printedAt = now()
    if (!first || !latest) return
    // The first step does not count: it compiles.
    const left = ((printedAt - first.at) / (latest.step - first.step)) * (total - latest.step)
    const leftText = Number.isFinite(left) ? ` · ${durationText(left)} left` : ''
    write(`step ${latest.step} of ${total} · ${valuesText(latest)}${scoreText(score)}${leftText}`)
  }
  return {
    step(step) {
      latest = step
      first ??= { step: step.step, at: now() }
      if (now() - printedAt >= LINE_EVERY) print()
    },
    validated(found) {
      score = found
      print()
    },
    stop() {},
  }
}

const valuesText = ({ loss, learningRate, imagesPerSecond }: TrainingStep) =>
  `loss ${loss.toFixed(4)} · rate ${learningRate.toPrecision(3)} · ${imagesPerSecond.toPrecision(3)} images/s`

const scoreText = (mIoU: number | null | undefined) =>
  typeof mIoU === 'number' ? ` · mean IoU ${percentText(mIoU)}` : ''
