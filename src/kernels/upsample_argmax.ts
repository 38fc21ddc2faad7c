import type { Kernel } from '../gpu/kernel.ts'
import { constantOf, workgroupsFor } from '../gpu/shader_constants.ts'
import { activationBytes, type Shape, vectors } from './layout.ts'
import { samplingParams } from './resize.ts'

export interface UpsampleArgmaxOptions {
  label: string
  /** Shape of the logits, [n, h, w, classes], with at most 256 classes. */
  input: Shape
  height: number
  width: number
  alignCorners: boolean
}

/** Pixels that an invocation computes. */
const PIXELS = constantOf('upsample_argmax', 'LANE_PIXELS')

/** Number of words that hold one byte for each pixel of an image. */
export const classMapWords = (height: number, width: number): number => Math.ceil((height * width) / 4)

/**
 * The class ids of the upsampled logits: [n, h, w, classes] → [n, height, width], one byte a pixel, each image padded
 * to whole words.
 */
export function upsampleArgmax({ label, input, height, width, alignCorners }: UpsampleArgmaxOptions): Kernel {
  const [n, inH, inW, channels] = input
  const imageWords = classMapWords(height, width)
  const imageRuns = Math.ceil((height * width) / PIXELS)
  return {
    label,
    shader: 'upsample_argmax',
    params: {
      in_h: inH,
      in_w: inW,
      out_h: height,
      out_w: width,
      channels,
      vectors: vectors(channels),
      image_words: imageWords,
      image_runs: imageRuns,
      count: n * imageRuns,
      ...samplingParams({ h: inH, w: inW }, { h: height, w: width }, alignCorners),
    },
    inputs: { logits: activationBytes(input) },
    outputs: { classes: n * imageWords * 4 },
    workgroups: workgroupsFor('upsample_argmax', n * imageRuns),
  }
}
