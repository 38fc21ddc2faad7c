// How a sequence of launches is cut into submits that are bounded in time. A GPU that works on one submit for seconds is reset
// by some systems (on Windows after two), and meanwhile a page shows no new frame.

/** The work of a dispatch: all workgroups of a launch, or a range of them. */
export interface Piece {
  /** The number of the launch in its program. */
  launch: number
  first: number
  count: number
  /** How long it should take. */
  milliseconds: number
}

/** A launch before it is cut. */
export interface Work {
  launch: number
  workgroups: number
  /** Whether it can be cut into several dispatches. */
  divisible: boolean
  milliseconds: number
}

/** WebGPU's limit of workgroups in one dimension, on every GPU. A range does not fold: `foldGrid` may dispatch too many. */
const LONGEST_RANGE = 65_535

/**
 * The pieces of each submit, in order. A submit takes at most `budget` milliseconds, unless its only piece cannot be cut. There
 * are as few submits as one gets by filling each in turn. A piece that is not the first of its launch begins a submit.
 */
export function cutIntoSubmits(works: Work[], budget: number): Piece[][] {
  const submits: Piece[][] = [[]]
  let left = budget
  for (const piece of works.flatMap(work => piecesOf(work, budget))) {
    if (submits.at(-1)!.length > 0 && (piece.first > 0 || piece.milliseconds > left)) {
      submits.push([])
      left = budget
    }
    submits.at(-1)!.push(piece)
    left -= piece.milliseconds
  }
  return submits
}

function piecesOf({ launch, workgroups, divisible, milliseconds }: Work, budget: number): Piece[] {
  if (milliseconds <= budget || !divisible) return [{ launch, first: 0, count: workgroups, milliseconds }]
  const share = Math.floor((workgroups * budget) / milliseconds)
  const most = Math.min(LONGEST_RANGE, Math.max(1, share))
  const pieces: Piece[] = []
  for (let first = 0; first < workgroups; first += most) {
    const count = Math.min(most, workgroups - first)
    pieces.push({ launch, first, count, milliseconds: (milliseconds * count) / workgroups })
  }
  return pieces
}
