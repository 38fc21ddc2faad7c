import type { Kernel } from '../gpu/kernel.ts'
import { activationBytes, type Shape, vectors } from './layout.ts'
import { samplingParams } from './resize.ts'

export interface AccumulateProbabilitiesOptions {
  label: string
  /** Logits of one view, [n, h, w, classes]. */
  input: Shape
  /** Size of the accumulator, [n, height, width, classes]. */
  height: number
  width: number
  alignCorners: boolean
  /** Whether the view was mirrored left to right: its probabilities are mirrored back. */
  flip: boolean
  weight: number
  /** Whether this is the first view, which overwrites the accumulator. */
  first: boolean
}

/** accumulator += weight · softmax(upsample(logits)), the average over views of DeepLabv3's section 4. */
export function accumulateProbabilities(options: AccumulateProbabilitiesOptions): Kernel {
  const { label, input, height, width, alignCorners, flip, weight, first } = options
  const [n, inH, inW, channels] = input
  const pixels = n * height * width
  const [logitBytes, accumulatorBytes] = [
    activationBytes(input),
    activationBytes([n, height, width, channels]),
  ]
  return {
    label,
    shader: 'accumulate_probabilities',
    params: {
      in_h: inH,
      in_w: inW,
      out_h: height,
      out_w: width,
      channels,
      vectors: vectors(channels),
      pixels,
      flip: Number(flip),
      weight,
      is_first: Number(first),
      ...samplingParams({ h: inH, w: inW }, { h: height, w: width }, alignCorners),
    },
    inputs: { logits: logitBytes },
    outputs: { accumulator: accumulatorBytes },
    workgroups: Math.ceil(pixels / 64),
    traffic: { accumulator: (first ? 1 : 2) * accumulatorBytes },
  }
}
