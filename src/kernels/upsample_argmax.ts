import type { Kernel } from '../gpu/kernel.ts'
import { activationBytes, type Shape, vectors } from './layout.ts'
import { samplingParams } from './resize.ts'

export interface UpsampleArgmaxOptions {
  label: string
  /** Logits, [n, h, w, classes], at most 256 classes. */
  input: Shape
  height: number
  width: number
  alignCorners: boolean
}

/** That an invocation makes. */
const PIXELS = 8

/** Words that hold one byte for each pixel of an image. */
export const classMapWords = (height: number, width: number): number => Math.ceil((height * width) / 4)

/** Class ids of the upsampled logits, one byte a pixel: [n, h, w, classes] → [n, height, width], each image padded to whole words. */
export function upsampleArgmax({ label, input, height, width, alignCorners }: UpsampleArgmaxOptions): Kernel {
  const [n, inH, inW, channels] = input
  const imageWords = classMapWords(height, width)
  const imageRuns = Math.ceil((height * width) / PIXELS)
  return {
    label,
    shader: 'upsample_argmax',
    consts: { PIXELS },
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
    workgroups: Math.ceil((n * imageRuns) / 64),
  }
}
