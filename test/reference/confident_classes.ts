import { type Resize, resize } from './resize.ts'

export interface ConfidentClasses {
  /** [height, width]: class ids, or the ignored label */
  classes: Uint8Array
  /** [height, width]: by how much the largest probability is above the confidence; negative below */
  above: Float64Array
  /** [height, width]: by how much the best logit beats the second */
  margin: Float64Array
}

/** The class of the largest softmax of the upsampled logits where it is at least `confidence`. `input`: [1, h, w, c]. */
export function confidentClasses(
  upsample: Resize,
  { confidence, ignoreIndex }: { confidence: number; ignoreIndex: number },
): ConfidentClasses {
  const logits = resize(upsample)
  const [, height, width, channels] = logits.shape
  const pixels = height * width
  const found = {
    classes: new Uint8Array(pixels),
    above: new Float64Array(pixels),
    margin: new Float64Array(pixels),
  }
  for (let pixel = 0; pixel < pixels; pixel++) {
    const values = [...logits.data.subarray(pixel * channels, (pixel + 1) * channels)]
    const largest = Math.max(...values)
    const sum = values.reduce((total, value) => total + Math.exp(value - largest), 0)
    const best = values.indexOf(largest)
    found.above[pixel] = 1 / sum - confidence
    found.margin[pixel] = largest - Math.max(...values.filter((_, c) => c !== best))
    found.classes[pixel] = found.above[pixel] >= 0 ? best : ignoreIndex
  }
  return found
}
