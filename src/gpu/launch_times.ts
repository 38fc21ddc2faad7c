// How long each launch of a program should take: first by a guess, then by what its submits took.

import { type Kernel, trafficOf } from './kernel.ts'
import type { Piece } from './submits.ts'

/**
 * A slow GPU, so that a first run keeps to the budget on nearly all: what these kernels should reach on the integrated GPU of
 * an old laptop. In a millisecond, and for one launch.
 */
const SLOW_GPU = { macs: 50e6, bytes: 10e6, launch: 0.01 }

/** The most by which one run changes a time. A host's clock counts other work too, and may see two submits end at once. */
const MAX_CHANGE = 4
/** Milliseconds that a host's clock may round to nothing. */
const TICK = 0.1

/** How long a kernel takes on a slow GPU, in milliseconds. */
export const guessedMilliseconds = (kernel: Kernel): number =>
  (kernel.macs ?? 0) / SLOW_GPU.macs + trafficOf(kernel) / SLOW_GPU.bytes + SLOW_GPU.launch

/** The pieces of a submit, and how long it took. */
export interface TimedSubmit {
  pieces: Piece[]
  milliseconds: number
}

export class LaunchTimes {
  readonly #milliseconds: number[]

  constructor(kernels: Kernel[]) {
    this.#milliseconds = kernels.map(guessedMilliseconds)
  }

  /** In milliseconds. */
  of(launch: number): number {
    return this.#milliseconds[launch]
  }

  /** Learns from the submits of a run. The pieces of a submit share its time as they were expected to. */
  learn(submits: TimedSubmit[]): void {
    const expected = new Map<number, number>()
    const took = new Map<number, number>()
    const add = (sums: Map<number, number>, launch: number, milliseconds: number) =>
      sums.set(launch, (sums.get(launch) ?? 0) + milliseconds)
    for (const { pieces, milliseconds } of submits) {
      const change = changeOf(pieces, milliseconds)
      for (const piece of pieces) {
        add(expected, piece.launch, piece.milliseconds)
        add(took, piece.launch, piece.milliseconds * change)
      }
    }
    for (const [launch, milliseconds] of took)
      this.#milliseconds[launch] *= milliseconds / expected.get(launch)!
  }
}

/** By what factor a submit took longer than expected, within MAX_CHANGE. */
function changeOf(pieces: Piece[], milliseconds: number): number {
  const expected = pieces.reduce((sum, piece) => sum + piece.milliseconds, 0)
  return Math.min(MAX_CHANGE, Math.max(1 / MAX_CHANGE, Math.max(milliseconds, TICK) / expected))
}
