// A number for each class at each pixel, and how large such a map may be.

import { UserError } from '../errors.ts'
import { mebibytes } from '../graph/ir/tensor_bytes.ts'

/** A number for each class at each pixel. */
export interface ScoreMap {
  /** [height, width, classes], row by row from the top: data[(y · width + x) · classes + id]. */
  data: Float32Array
  width: number
  height: number
  classes: number
}

/** The largest map, in bytes: 25 megapixels of 21 classes. */
const MAX_SCORE_BYTES = 2 ** 31

/** Throws a UserError if a map of this size is larger than MAX_SCORE_BYTES. */
export function checkScoreBytes({ width, height, classes }: Omit<ScoreMap, 'data'>): void {
  const bytes = width * height * classes * 4
  if (bytes > MAX_SCORE_BYTES)
    throw new UserError(
      `the scores of ${classes} classes at ${width}×${height} pixels take ${mebibytes(bytes)}, and the limit is ` +
        `${mebibytes(MAX_SCORE_BYTES)}: take them at the network's size, or a smaller photo`,
    )
}
