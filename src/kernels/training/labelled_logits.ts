// What the losses read: logits that have the labels' height, and labels.

import { UserError } from '../../errors.ts'
import { activationBytes, type Shape, vectors } from '../layout.ts'
import { samplingParams } from '../resizing/resize.ts'
import { classMapWords } from '../resizing/upsample_argmax.ts'

export interface LabelledLogits {
  label: string
  /** Shape of the logits, [n, height, w, classes], with at most 256 classes. */
  input: Shape
  /** Width of the labels, which are [n, height, width], one byte a pixel, each image padded to whole words. */
  width: number
  alignCorners: boolean
  /** The label of pixels that do not count. Pixels whose label is not a class do not count either. */
  ignoreIndex: number
}

/** The parameters of a kernel that reads them. */
export function labelledLogits({ label, input, width, alignCorners, ignoreIndex }: LabelledLogits) {
  const [, height, inW, channels] = input
  const { step_x, shift_x, unit_x } = samplingParams(
    { h: height, w: inW },
    { h: height, w: width },
    alignCorners,
  )
  if (channels > 256)
    throw new UserError(`${label}: labels of one byte can tell 256 classes apart, but not ${channels}`)
  return {
    in_w: inW,
    out_h: height,
    out_w: width,
    channels,
    vectors: vectors(channels),
    ignore_index: ignoreIndex,
    step_x,
    shift_x,
    unit_x,
  }
}

/** Its inputs. */
export const labelledLogitsInputs = ({ input, width }: Pick<LabelledLogits, 'input' | 'width'>) => ({
  logits: activationBytes(input),
  labels: input[0] * classMapWords(input[1], width) * 4,
})
