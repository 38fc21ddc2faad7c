// What a step learns from a photo: the strokes, and from the other pixels what the network said about them before the lesson, so that it
// does not forget its classes.

import { IGNORE_INDEX } from '../data/dataset.ts'
import type { Distillation } from '../graph/ops/unbiased_distillation.ts'
import type { LabelSize } from './strokes.ts'

export interface Rehearsal {
  /** How much the pixels without strokes count together. All strokes of a photo count 1. */
  rehearsal: number
  /**
   * How much it counts that a pixel without strokes is of some old class, beside 1 for what the network said of it. A new class is on
   * pixels without strokes, too, and takes them where this is little; where it is nothing, one stroke makes the whole picture that class.
   */
  oldWeight: number
  /** The same on photos without strokes of an old class, where nothing else says where a new class ends. Default: `oldWeight`. */
  oldWeightAlone?: number
}

/** What the pixels without strokes teach. */
export function distillationOf({ rehearsal }: Pick<Rehearsal, 'rehearsal'>): Distillation | undefined {
  return rehearsal === 0 ? undefined : { lossWeight: rehearsal / (1 + rehearsal) }
}

/** What a network said about a photo, at each pixel of its logits. */
export interface Said extends LabelSize {
  /** [height, width, classes] */
  probabilities: Float32Array
  /** Of each class of `probabilities`, its id now; IGNORE_INDEX if it was removed since. */
  ids: Uint8Array
}

/**
 * A factor for each class on its pixels' loss: each class with strokes counts alike, however large its strokes are, and together they
 * count 1.
 */
export function strokeWeights(strokes: Uint8Array, classes: number): Float32Array {
  const painted = new Uint32Array(IGNORE_INDEX + 1)
  for (const label of strokes) painted[label]++
  const taught = painted.subarray(0, classes).reduce((sum, pixels) => sum + Number(pixels > 0), 0)
  return Float32Array.from({ length: classes }, (_, id) => (painted[id] > 0 ? 1 / (taught * painted[id]) : 0))
}

interface Strokes {
  strokes: Uint8Array
  classes: number
}

/**
 * The targets of the pixels without strokes, each of which counts alike, and the old weight for each new class: one that has strokes,
 * though the network said it of no pixel. `strokes` are at the size of what it said.
 */
export function distillationTargets(
  { probabilities, ids }: Said,
  { strokes, classes, oldWeight, oldWeightAlone = oldWeight }: Strokes & Omit<Rehearsal, 'rehearsal'>,
): { targets: Float32Array; newClasses: Float32Array } {
  const isNew = newClassesOf({ probabilities, ids }, { strokes, classes })
  const isAlone = strokes.every(label => label === IGNORE_INDEX || isNew[label])
  const newClasses = isNew.map(each => each * (isAlone ? oldWeightAlone : oldWeight))
  const others = strokes.reduce((sum, label) => sum + Number(label === IGNORE_INDEX), 0)
  const columns = Array.from(ids, id => (isNew[id] ? IGNORE_INDEX : id))
  const targets = new Float32Array(strokes.length * classes)
  for (let pixel = 0; pixel < strokes.length; pixel++) {
    if (strokes[pixel] !== IGNORE_INDEX) continue
    for (let column = 0; column < columns.length; column++) {
      const id = columns[column]
      if (id !== IGNORE_INDEX)
        targets[pixel * classes + id] += probabilities[pixel * columns.length + column] / others
    }
  }
  return { targets, newClasses }
}

function newClassesOf(
  { probabilities, ids }: Pick<Said, 'probabilities' | 'ids'>,
  { strokes, classes }: Strokes,
): Float32Array {
  const isNew = new Float32Array(classes)
  for (const label of strokes) if (label !== IGNORE_INDEX) isNew[label] = 1
  for (let first = 0; first < probabilities.length; first += ids.length) {
    let best = 0
    for (let column = 1; column < ids.length; column++)
      if (probabilities[first + column] > probabilities[first + best]) best = column
    if (ids[best] !== IGNORE_INDEX) isNew[ids[best]] = 0
  }
  return isNew
}
