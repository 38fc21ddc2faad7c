// Which candidate of a layer to try next: the one whose trial is expected to save most for the time that it takes.

import { PerformanceModel, type Trial } from './performance_model.ts'

/** The share of a layer's time that a trial must be expected to save: this for every trial, and this for each second of it. */
const WORTH = { trial: 0.005, second: 0.01 }

/** Stands for every layer where compile times are compared: they hardly depend on the layer. */
const ANY_LAYER = { convolution: '', shape: { pixels: 1, inChannels: 1, outChannels: 1, taps: 1 } }

export class Search {
  readonly #times = new PerformanceModel()
  /** Seconds of first trials, which are mostly compilation: large tiles may take ten times as long as small ones. */
  readonly #efforts = new PerformanceModel()
  readonly #compiled = new Set<string>()

  /** `milliseconds` is what a run takes, `seconds` what the trial took. */
  observe(trial: Trial, { milliseconds, seconds }: { milliseconds: number; seconds: number }): void {
    this.#times.observe(trial, milliseconds)
    const pipeline = pipelineOf(trial)
    if (!this.#compiled.has(pipeline)) this.#efforts.observe(effortOf(trial), seconds)
    this.#compiled.add(pipeline)
  }

  /** Undefined if no trial is worth its time. `best` is the layer's shortest time so far, in milliseconds. */
  next(trials: Iterable<Trial>, best: number): Trial | undefined {
    let chosen: Trial | undefined
    let most = 0
    for (const trial of trials) {
      const worth = WORTH.trial + WORTH.second * this.#seconds(trial)
      const ratio = this.#times.expectedGain(trial, best) / worth
      if (ratio <= Math.max(1, most)) continue
      most = ratio
      chosen = trial
    }
    return chosen
  }

  #seconds(trial: Trial): number {
    if (this.#compiled.has(pipelineOf(trial))) return 0
    return Math.exp(this.#efforts.predict(effortOf(trial)).mean)
  }
}

const effortOf = ({ candidate, parts }: Trial): Trial => ({
  ...ANY_LAYER,
  candidate: { ...candidate, work: 1 },
  parts,
})

/** Trials that differ only in their splits run the same code. */
const pipelineOf = ({ candidate }: Trial): string => candidate.name.replace(/, \d+ splits$/, '')
