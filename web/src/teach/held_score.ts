// How well masks agree with the strokes that were held back, in words.

import { IGNORE_INDEX } from '../../../src/data/dataset.ts'
import { ConfusionMatrix } from '../../../src/train/confusion.ts'
import type { Division } from './held_back.ts'

const percent = new Intl.NumberFormat('en', { style: 'percent', maximumFractionDigits: 0 })
const whole = new Intl.NumberFormat('en')

/** `masks`: the network's, by photo. The mean is over the classes that have strokes among those held back. */
export function heldScore(
  { held, strokes }: Division,
  masks: ReadonlyMap<string, Uint8Array>,
  classNames: readonly string[],
): string {
  if (strokes === 0)
    return 'Nothing was held back: a check takes five separate strokes of each of two classes, without a copied mask.'
  const confusion = new ConfusionMatrix(classNames.length)
  for (const [name, labels] of held) confusion.add(labels, masks.get(name)!)
  const { iou } = confusion.scores()
  const painted = new Set([...held.values()].flatMap(labels => [...new Set(labels)]))
  painted.delete(IGNORE_INDEX)
  const scored = [...painted].sort((a, b) => a - b).map(id => ({ name: classNames[id], iou: iou[id]! }))
  const mean = scored.reduce((sum, each) => sum + each.iou, 0) / scored.length
  const pixels = confusion.counts.reduce((sum, count) => sum + count)
  const parts = scored.map(each => `${each.name} ${percent.format(each.iou)}`)
  return `On ${strokes} strokes held back from training (${whole.format(pixels)} pixels): mean IoU ${percent.format(mean)}: ${parts.join(', ')}.`
}
