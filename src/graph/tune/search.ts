// Which candidate of a layer to try next: the one that is expected to save most for the time that it takes.

import { type LayerCandidate, PerformanceModel } from './performance_model.ts'

/** The share of a layer's time that a candidate must be expected to save: this for each, and this for each second that measuring it takes. */
const WORTH = { candidate: 0.005, second: 0.01 }

/** Stands for every layer where compile times are compared: they hardly depend on the layer. */
const ANY_LAYER = { convolution: '', shape: { pixels: 1, inChannels: 1, outChannels: 1, taps: 1 } }

export class Search {
  readonly #times = new PerformanceModel()
  /** Seconds that candidates took to measure, which are mostly compilation: large tiles may take ten times as long as small ones. */
  readonly #efforts = new PerformanceModel()
  readonly #compiled = new Set<string>()

  /** `milliseconds` is what a run takes, `seconds` what measuring it took. */
  observe(
    candidate: LayerCandidate,
    { milliseconds, seconds }: { milliseconds: number; seconds: number },
  ): void {
    this.#times.observe(candidate, milliseconds)
    const pipeline = pipelineOf(candidate)
    if (!this.#compiled.has(pipeline)) this.#efforts.observe(effortOf(candidate), seconds)
    this.#compiled.add(pipeline)
  }

  /** Undefined if no candidate is worth its time. `best` is the layer's shortest time so far, in milliseconds. */
  next(candidates: Iterable<LayerCandidate>, best: number): LayerCandidate | undefined {
    let chosen: LayerCandidate | undefined
    let most = 0
    for (const candidate of candidates) {
      const worth = WORTH.candidate + WORTH.second * this.#seconds(candidate)
      const ratio = this.#times.expectedGain(candidate, best) / worth
      if (ratio <= Math.max(1, most)) continue
      most = ratio
      chosen = candidate
    }
    return chosen
  }

  #seconds(candidate: LayerCandidate): number {
    if (this.#compiled.has(pipelineOf(candidate))) return 0
    return Math.exp(this.#efforts.predict(effortOf(candidate)).mean)
  }
}

const effortOf = ({ name, parts }: LayerCandidate): LayerCandidate => ({ ...ANY_LAYER, name, parts, work: 1 })

/** Candidates that differ only in their splits run the same code. */
const pipelineOf = ({ name }: LayerCandidate): string => name.replace(/, \d+ splits$/, '')
