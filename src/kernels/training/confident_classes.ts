import type { Kernel } from '../../gpu/kernel.ts'
import { workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { activationBytes, type Shape, vectors } from '../layout.ts'
import { samplingParams } from '../resizing/resize.ts'
import { classMapWords } from '../resizing/upsample_argmax.ts'

interface ConfidentClassesOptions {
  label: string
  /** Shape of the logits, [n, h, w, classes], with at most 255 classes. */
  input: Shape
  height: number
  width: number
  alignCorners: boolean
  /** The least probability of a class that counts as sure, from 0 to 1. */
  confidence: number
  /** The label of the other pixels. */
  ignoreIndex: number
}

/**
 * The class of each pixel of the upsampled logits whose softmax is at least `confidence`: [n, h, w, classes] → [n, height, width], one
 * byte a pixel, each image padded to whole words.
 */
export function confidentClasses(options: ConfidentClassesOptions): Kernel {
  const { label, input, height, width, alignCorners, confidence, ignoreIndex } = options
  const [n, h, w, channels] = input
  const imageWords = classMapWords(height, width)
  return {
    label,
    shader: shaders.confident_classes,
    params: {
      in_h: h,
      in_w: w,
      out_h: height,
      out_w: width,
      channels,
      vectors: vectors(channels),
      image_words: imageWords,
      count: n * imageWords,
      ...samplingParams({ h, w }, { h: height, w: width }, alignCorners),
      confidence,
      ignore_index: ignoreIndex,
    },
    inputs: { logits: activationBytes(input) },
    outputs: { classes: n * imageWords * 4 },
    workgroups: workgroupsFor(shaders.confident_classes, n * imageWords),
  }
}
