import type { Kernel } from '../../gpu/kernel.ts'
import { constantOf, workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import type { Rows, RowsOf } from '../geometry.ts'
import { activationBytes, type Shape, vectors } from '../layout.ts'
import { fromRows, samplingParams } from './resize.ts'

export interface UpsampleArgmaxOptions {
  label: string
  /** Shape of the logits, [n, h, w, classes], with at most 256 classes. */
  input: Shape
  height: number
  width: number
  alignCorners: boolean
  /** The rows to compute. The class map then holds only these rows. Default: all. */
  rows?: Rows
  /** Which rows of their map the logits are. Default: all. */
  inputRows?: RowsOf
  /** Whether a hardware GPU computes it. Default: a CPU adapter. */
  onGpu?: boolean
}

/** Pixels that an invocation computes: a word of four on hardware GPUs, where more take too many registers. */
const pixelsOf = (onGpu: boolean): number => (onGpu ? 4 : constantOf(shaders.upsample_argmax, 'LANE_PIXELS'))

/** Number of words that hold one byte for each pixel of an image. */
export const classMapWords = (height: number, width: number): number => Math.ceil((height * width) / 4)

/**
 * The class ids of the upsampled logits: [n, h, w, classes] → [n, height, width], one byte a pixel, each image padded
 * to whole words.
 */
export function upsampleArgmax(options: UpsampleArgmaxOptions): Kernel {
  const { label, input, height, width, alignCorners, onGpu = false } = options
  const [n, inH, inW, channels] = input
  const { from: target, count: outH } = options.rows ?? { from: 0, count: height }
  const { from: source, of: h } = options.inputRows ?? { from: 0, of: inH }
  const sampling = samplingParams({ h, w: inW }, { h: height, w: width }, alignCorners)
  const imageWords = classMapWords(outH, width)
  const pixels = pixelsOf(onGpu)
  const imageRuns = Math.ceil((outH * width) / pixels)
  return {
    label,
    shader: shaders.upsample_argmax,
    constants: { LANE_PIXELS: pixels },
    params: {
      in_h: inH,
      in_w: inW,
      out_h: outH,
      out_w: width,
      channels,
      vectors: vectors(channels),
      image_words: imageWords,
      image_runs: imageRuns,
      count: n * imageRuns,
      ...fromRows(sampling, { target, source }),
    },
    inputs: { logits: activationBytes(input) },
    outputs: { classes: n * imageWords * 4 },
    workgroups: workgroupsFor(shaders.upsample_argmax, n * imageRuns),
  }
}
