// The progress of a training run, on stderr: a bar in a terminal; else, as in a log file, a line from time to time.

import cliProgress from 'cli-progress'
import type { TrainingStep } from '../../library/trainer_base.ts'
import { meanIoURemark } from '../../train/evaluate.ts'
import { durationText, percentText } from '../format.ts'
import type { Validation } from './train_metrics.ts'

export interface TrainingProgress {
  step(step: TrainingStep): void
  validated(found: Score): void
  stop(): void
}

/** The part of a validation that is shown. */
type Score = Pick<Validation, 'mIoU' | 'classes' | 'leftOut' | 'onlyPredicted'>

interface Run {
  /** The total number of steps. */
  total: number
  /** The number of steps done. */
  done: number
  /** The last validation so far. */
  last?: Score
}

export function trainingProgress(run: Run): TrainingProgress {
  return process.stderr.isTTY ? trainingBar(run) : trainingLog(run)
}

function trainingBar({ total, done, last }: Run): TrainingProgress {
  const format = `{bar} step {value} of {total} · {values}{score} · {eta_formatted} left`
  const options = { clearOnComplete: true, format, barsize: 20, etaBuffer: 50 }
  const bar = new cliProgress.SingleBar(options, cliProgress.Presets.shades_classic)
  bar.start(total, done, { values: 'compiling', score: scoreText(last) })
  return {
    step: step => bar.update(step.step, { values: valuesText(step) }),
    validated: found => bar.update({ score: scoreText(found) }),
    stop: () => bar.stop(),
  }
}

/** Milliseconds between two lines. */
const LINE_EVERY = 30_000

/** A line every 30 seconds, and one after each validation. `write` and `now`, a clock in milliseconds, are for tests. */
export function trainingLog(
  { total, last }: Pick<Run, 'total' | 'last'>,
  { write = (line: string) => console.error(line), now = () => performance.now() } = {},
): TrainingProgress {
  let score = last
  let printedAt = now()
  let first: { step: number; at: number } | undefined
  let latest: TrainingStep | undefined
  const print = () => {
    printedAt = now()
    if (!first || !latest) return
    // The first step is left out: it includes compilation.
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

const valuesText = ({ loss, confident, learningRate, imagesPerSecond }: TrainingStep) => {
  const sure = confident === undefined ? '' : ` · sure of ${percentText(confident)} unlabelled`
  const speed = `${imagesPerSecond.toPrecision(3)} images/s`
  return `loss ${loss.toFixed(4)}${sure} · rate ${learningRate.toPrecision(3)} · ${speed}`
}

/** Each validation shows which classes are in the mean: a mean over few classes is not a high score. */
function scoreText(found: Score | undefined): string {
  if (!found) return ''
  const { mIoU, classes = 0, leftOut = [], onlyPredicted = [] } = found
  if (mIoU === null) return ' · mean IoU – (no pixel is labelled)'
  return ` · mean IoU ${percentText(mIoU)}${meanIoURemark({ classes, leftOut, onlyPredicted })}`
}
