import { type Array4, zeros } from './array4.ts'
import { softmax } from './softmax.ts'

export interface UnbiasedDistillation {
  /** [n, h, w, c] */
  logits: Array4
  /** [n, h, w, c]: the weight of a pixel times the old network's probabilities; 0 for new classes */
  targets: Array4
  /** [c] */
  isNew: boolean[]
  oldWeight: number
  /** factor on the gradient: of the loss in a sum of losses; 1 if absent */
  lossWeight?: number
}

/** Σ over the pixels: of the losses, and of the pixels' weights. */
export interface DistillationSums {
  loss: number
  mass: number
}

/** oldWeight · mass · −log p(any old class), and the cross entropy of the targets and the old classes among themselves. */
export function unbiasedDistillation(given: UnbiasedDistillation): DistillationSums {
  const sums = { loss: 0, mass: 0 }
  eachPixel(given, ({ p, targets, old, mass }) => {
    const total = old.reduce((sum, c) => sum + p[c], 0)
    sums.mass += mass
    sums.loss -= given.oldWeight * mass * Math.log(total)
    for (const c of old) if (targets[c] > 0) sums.loss -= targets[c] * Math.log(p[c] / total)
  })
  return sums
}

/** The gradient of lossWeight · loss by the logits. */
export function unbiasedDistillationBackward(given: UnbiasedDistillation): Array4 {
  const { lossWeight = 1, oldWeight, isNew } = given
  const gradient = zeros(given.logits.shape)
  eachPixel(given, ({ p, targets, old, mass, first }) => {
    const total = old.reduce((sum, c) => sum + p[c], 0)
    for (let c = 0; c < p.length; c++) {
      const share = isNew[c] ? 0 : p[c] / total
      gradient.data[first + c] = lossWeight * (oldWeight * mass * (p[c] - share) + mass * share - targets[c])
    }
  })
  return gradient
}

interface Pixel {
  /** by class */
  p: Float64Array
  targets: Float64Array
  /** ids of the old classes */
  old: number[]
  mass: number
  /** of its values in the maps */
  first: number
}

function eachPixel({ logits, targets, isNew }: UnbiasedDistillation, visit: (pixel: Pixel) => void): void {
  const old = [...isNew.keys()].filter(id => !isNew[id])
  const probabilities = softmax(logits)
  for (let first = 0; first < logits.data.length; first += isNew.length) {
    const own = targets.data.subarray(first, first + isNew.length)
    const p = probabilities.data.subarray(first, first + isNew.length)
    visit({ p, targets: own, old, mass: own.reduce((a, b) => a + b, 0), first })
  }
}
