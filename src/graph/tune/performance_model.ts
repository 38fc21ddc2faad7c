// Predicts the time of a candidate from the measurements so far: a Gaussian process over the logarithm of milliseconds per
// multiply-add (Rasmussen and Williams, 2006, "Gaussian processes for machine learning", algorithm 2.1). Candidates with similar names
// and layers with similar shapes have similar times. So a measurement of a tile on one layer also says something about other layers.

import type { Candidate } from '../convolution/strategy.ts'
import type { ConvolutionShape, Tunable } from './tunable.ts'

/** A candidate on a layer. */
export interface LayerCandidate extends Candidate, Pick<Tunable, 'convolution' | 'shape'> {
  /** The name of its strategy, and the parts of its tile. */
  parts: readonly string[]
}

export const candidateOn = (
  { convolution, shape }: Pick<Tunable, 'convolution' | 'shape'>,
  { name, work }: Candidate,
): LayerCandidate => ({
  name,
  work,
  convolution,
  shape,
  parts: name.replace(' ', ', ').split(/, | of /),
})

/** Variances, in squares of natural logarithms: what the times of two candidates share if they have this in common. */
const SHARED = { all: 1, layer: 0.3, strategy: 1, part: 0.1, candidate: 0.03 }
/** These are added if the layers have similar shapes. */
const OF_SHAPE = { strategy: 0.25, part: 0.04, candidate: 0.02 }
/** The variance of one measurement: times vary by about 5 %. */
const NOISE = 0.05 ** 2

/** Two shapes that differ by one of these factors have a likeness of e^−½. */
const SCALES: ConvolutionShape = { pixels: 4, inChannels: 3, outChannels: 3, taps: 3 }

export class PerformanceModel {
  readonly #observed: LayerCandidate[] = []
  /** The Cholesky factor of their covariances, row by row, and its inverse times what was measured. */
  readonly #factor: number[][] = []
  readonly #whitened: number[] = []
  /** The prediction where nothing similar was measured: the first measurement. */
  #expected: number | undefined

  observe(candidate: LayerCandidate, milliseconds: number): void {
    const row = this.#whiten(candidate)
    const rest = covariance(candidate, candidate) + NOISE - dot(row, row)
    const diagonal = Math.sqrt(Math.max(rest, NOISE))
    const value = Math.log(milliseconds / candidate.work)
    this.#expected ??= value
    this.#whitened.push((value - this.#expected - dot(row, this.#whitened)) / diagonal)
    this.#factor.push([...row, diagonal])
    this.#observed.push(candidate)
  }

  /** The logarithm of a candidate's milliseconds: its mean and its standard deviation. */
  predict(candidate: LayerCandidate): { mean: number; deviation: number } {
    const row = this.#whiten(candidate)
    const { work } = candidate
    const mean = dot(row, this.#whitened) + (this.#expected ?? 0) + Math.log(work)
    const variance = covariance(candidate, candidate) - dot(row, row)
    return { mean, deviation: Math.sqrt(Math.max(variance, 1e-9)) }
  }

  /** The share of `best` milliseconds that a candidate is expected to save. A slower one saves nothing. */
  expectedGain(candidate: LayerCandidate, best: number): number {
    const { mean, deviation } = this.predict(candidate)
    const z = (Math.log(best) - mean) / deviation
    const ratio = Math.exp(mean - Math.log(best) + deviation ** 2 / 2)
    return normal(z) - ratio * normal(z - deviation)
  }

  /** Covariances with what was measured so far, divided by the factor. */
  #whiten(candidate: LayerCandidate): number[] {
    const row: number[] = []
    for (const [i, other] of this.#observed.entries()) {
      const factors = this.#factor[i]
      row.push((covariance(candidate, other) - dot(row, factors)) / factors[i])
    }
    return row
  }
}

function covariance(a: LayerCandidate, b: LayerCandidate): number {
  const common = SHARED.all + (a.convolution === b.convolution ? SHARED.layer : 0)
  if (a.parts[0] !== b.parts[0]) return common
  const alike = likeness(a.shape, b.shape)
  const share = (of: keyof typeof OF_SHAPE) => SHARED[of] + OF_SHAPE[of] * alike
  const parts = a.parts.filter((part, i) => i > 0 && part === b.parts[i]).length
  const isSame = a.name === b.name
  return common + share('strategy') + parts * share('part') + (isSame ? share('candidate') : 0)
}

/** 1 for equal shapes. It goes to 0 the more they differ. */
function likeness(a: ConvolutionShape, b: ConvolutionShape): number {
  const distance = (axis: keyof ConvolutionShape) => Math.log(a[axis] / b[axis]) / Math.log(SCALES[axis])
  const squares = (Object.keys(SCALES) as (keyof ConvolutionShape)[]).map(axis => distance(axis) ** 2)
  return Math.exp(-squares.reduce((sum, square) => sum + square, 0) / 2)
}

/** The dot product of two lists, as far as both go. */
function dot(a: readonly number[], b: readonly number[]): number {
  let sum = 0
  for (let i = 0; i < Math.min(a.length, b.length); i++) sum += a[i] * b[i]
  return sum
}

/**
 * The standard normal distribution up to z, off by 1.4e-4 at most (Bowling and others, 2009, "A logistic approximation to the
 * cumulative normal distribution").
 */
const normal = (z: number): number => 1 / (1 + Math.exp(-0.07056 * z ** 3 - 1.5976 * z))
