// The labels of a photo that somebody painted: strokes on a few pixels, IGNORE_INDEX on all others.

import { IGNORE_INDEX } from '../data/dataset.ts'

export interface LabelSize {
  width: number
  height: number
}

/**
 * Labels at another size, such as the loss's. Of the pixels that a new pixel covers, those with a stroke vote, and the label with
 * the most votes wins, at a tie the lower one. So a thin stroke does not vanish. At the same size nothing changes.
 */
export function resizeStrokes(labels: Uint8Array, from: LabelSize, to: LabelSize): Uint8Array {
  const resized = new Uint8Array(to.width * to.height)
  const columns = Array.from({ length: to.width }, (_, x) => covered(x, from.width / to.width))
  const votes = new Uint32Array(IGNORE_INDEX)
  for (let y = 0; y < to.height; y++) {
    const rows = covered(y, from.height / to.height)
    for (let x = 0; x < to.width; x++)
      resized[y * to.width + x] = elected(labels, { width: from.width, rows, columns: columns[x], votes })
  }
  return resized
}

interface Span {
  first: number
  end: number
}

/** The old pixels that a new one covers at least in part, along one axis. */
const covered = (index: number, scale: number): Span => ({
  first: Math.floor(index * scale),
  end: Math.ceil((index + 1) * scale - 1e-9),
})

/** `votes` are zeros, and are zeros again afterwards. */
function elected(
  labels: Uint8Array,
  { width, rows, columns, votes }: { width: number; rows: Span; columns: Span; votes: Uint32Array },
): number {
  let [best, most] = [IGNORE_INDEX, 0]
  for (let y = rows.first; y < rows.end; y++)
    for (let x = columns.first; x < columns.end; x++) {
      const label = labels[y * width + x]
      if (label === IGNORE_INDEX) continue
      const count = ++votes[label]
      if (count > most || (count === most && label < best)) [best, most] = [label, count]
    }
  if (most > 0) votes.fill(0)
  return best
}

export const hasStrokes = (labels: Uint8Array): boolean => labels.some(label => label !== IGNORE_INDEX)
