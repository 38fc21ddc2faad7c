import { type Resize, resize } from './resize.ts'

export interface ClassMap {
  height: number
  width: number
  /** [height, width] class ids */
  classes: Uint8Array
  /** [height, width] by how much the best logit beats the second: where it is tiny, float32 may choose either */
  margin: Float64Array
}

/** The class of the largest bilinearly upsampled logit at each pixel, the lowest id of equals. `input`: finite [1, h, w, c]. */
export function upsampleArgmax(upsample: Resize): ClassMap {
  const logits = resize(upsample)
  const [, height, width, channels] = logits.shape
  const classes = new Uint8Array(height * width)
  const margin = new Float64Array(height * width)

  for (let pixel = 0; pixel < height * width; pixel++) {
    let best = Number.NEGATIVE_INFINITY
    let second = Number.NEGATIVE_INFINITY
    for (let c = 0; c < channels; c++) {
      const logit = logits.data[pixel * channels + c]
      if (logit > best) {
        second = best
        best = logit
        classes[pixel] = c
      } else if (logit > second) {
        second = logit
      }
    }
    margin[pixel] = best - second
  }
  return { height, width, classes, margin }
}
