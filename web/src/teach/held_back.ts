// Strokes that are held back from training, to measure on them what was learned.

import { IGNORE_INDEX } from '../../../src/data/dataset.ts'
import type { Strokes } from './strokes.ts'

/** Of the strokes of a class, each fifth is held back: the fifth, the tenth and so on, in the order of photos and of rows. */
const EACH = 5
/** With held-back strokes of one class alone, no pixel could be taken for that class by mistake. */
const LEAST_CLASSES = 2

export interface Division {
  /** By photo: the labels that are learned. */
  learned: Map<string, Uint8Array>
  /** By photo: the labels that are held back. Empty where there are too few strokes. */
  held: Map<string, Uint8Array>
  /** The number of strokes that are held back. */
  strokes: number
}

/** A connected part of what is painted with one class. */
interface Part {
  label: number
  /** Of each run of pixels its first one and the one after its last. */
  runs: number[]
}

/**
 * Divides what is painted. Strokes that touch count as one. A photo into which a mask was copied is learned whole: its labels are the
 * network's own.
 */
export function divide(photos: Iterable<readonly [name: string, strokes: Strokes]>): Division {
  const all = [...photos]
  const seen = new Map<number, number>()
  const chosen = new Map<string, Part[]>()
  for (const [name, strokes] of all) {
    if (strokes.hasCopy) continue
    for (const part of partsOf(strokes)) {
      const count = (seen.get(part.label) ?? 0) + 1
      seen.set(part.label, count)
      if (count % EACH === 0) chosen.set(name, [...(chosen.get(name) ?? []), part])
    }
  }
  const learned = new Map(all.map(([name, { labels }]) => [name, labels]))
  const parts = [...chosen.values()].flat()
  if (new Set(parts.map(({ label }) => label)).size < LEAST_CLASSES)
    return { learned, held: new Map(), strokes: 0 }
  const held = new Map<string, Uint8Array>()
  for (const [name, its] of chosen) {
    const labels = learned.get(name)!
    const [rest, apart] = [labels.slice(), new Uint8Array(labels.length).fill(IGNORE_INDEX)]
    for (const { label, runs } of its)
      for (let i = 0; i < runs.length; i += 2) {
        rest.fill(IGNORE_INDEX, runs[i], runs[i + 1])
        apart.fill(label, runs[i], runs[i + 1])
      }
    learned.set(name, rest)
    held.set(name, apart)
  }
  return { learned, held, strokes: parts.length }
}

/** The connected parts, by their first pixels. Runs of a row join those of the row above that have their label and touch them. */
function partsOf({ labels, width, height }: Strokes): Part[] {
  const runs: { first: number; end: number; label: number; parent: number }[] = []
  const rootOf = (run: number): number => {
    let root = run
    while (runs[root].parent !== root) root = runs[root].parent
    runs[run].parent = root
    return root
  }
  let above = 0
  for (let row = 0; row < width * height; row += width) {
    const begin = runs.length
    for (let first = row; first < row + width; ) {
      const label = labels[first]
      let end = first + 1
      while (end < row + width && labels[end] === label) end++
      if (label !== IGNORE_INDEX) {
        const run = runs.length
        runs.push({ first, end, label, parent: run })
        while (above < begin && runs[above].end + width <= first) above++
        for (let other = above; other < begin && runs[other].first + width < end; other++) {
          if (runs[other].label !== label) continue
          const [a, b] = [rootOf(other), rootOf(run)]
          runs[Math.max(a, b)].parent = Math.min(a, b)
        }
      }
      first = end
    }
    above = begin
  }
  const parts = new Map<number, Part>()
  for (const [run, { first, end, label }] of runs.entries()) {
    const root = rootOf(run)
    const part = parts.get(root) ?? { label, runs: [] }
    part.runs.push(first, end)
    parts.set(root, part)
  }
  return [...parts.values()]
}
