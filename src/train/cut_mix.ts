// CutMix (Yun et al. 2019) among the unlabelled images of a batch: a rectangle of each shows another image, and has its labels.

import { randomInteger, randomSource } from './random.ts'

/** In pixels of a crop. */
export interface MixBox {
  left: number
  top: number
  width: number
  height: number
}

/** UniMatch's: whether an image gets a rectangle, its area as a share of the crop's, and its height divided by its width. */
const SHARE = 0.5
const AREAS = [0.02, 0.4]
const RATIOS = [0.3, 1 / 0.3]

/** The rectangle of each image of a step's batch, or null. */
export function mixBoxes({
  seed,
  step,
  images,
  cropSize,
}: {
  seed: number
  step: number
  images: number
  cropSize: number
}): (MixBox | null)[] {
  return Array.from({ length: images }, (_, slot) => drawBox(randomSource(seed, 'mix', step, slot), cropSize))
}

function drawBox(random: () => number, cropSize: number): MixBox | null {
  if (random() >= SHARE) return null
  const between = ([smallest, largest]: number[]) => smallest + (largest - smallest) * random()
  const area = between(AREAS) * cropSize ** 2
  // Rectangles that reach beyond the crop are drawn again: the largest fit at some places with a ratio near 1.
  for (;;) {
    const ratio = between(RATIOS)
    const width = Math.floor(Math.sqrt(area / ratio))
    const height = Math.floor(Math.sqrt(area * ratio))
    const [left, top] = [randomInteger(random, cropSize), randomInteger(random, cropSize)]
    if (left + width <= cropSize && top + height <= cropSize) return { left, top, width, height }
  }
}

/** Copies the rectangle of each image from the image after it, and that of the last from the first. `bytes`: of a pixel. */
export function cutMix(
  images: Uint8Array,
  boxes: readonly (MixBox | null)[],
  { cropSize, bytes }: { cropSize: number; bytes: number },
): void {
  const size = cropSize ** 2 * bytes
  const originals = images.slice()
  for (const [image, box] of boxes.entries()) {
    if (!box) continue
    const from = ((image + 1) % boxes.length) * size
    for (let row = box.top; row < box.top + box.height; row++) {
      const start = (row * cropSize + box.left) * bytes
      const end = start + box.width * bytes
      images.set(originals.subarray(from + start, from + end), image * size + start)
    }
  }
}
