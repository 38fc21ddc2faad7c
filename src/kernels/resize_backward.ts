import type { Kernel } from '../gpu/kernel.ts'
import { activationBytes, vectors } from './layout.ts'
import { type ResizeOptions, samplingParams } from './resize.ts'

/** Results that keep a GPU busy with a lane each; fewer have several lanes. */
const ENOUGH_RESULTS = 1024

/** The gradient of `resize`, with its options: output_gradient [n, height, width, c] → input_gradient [n, h, w, c]. */
export function resizeBackward({ label, input, height, width, alignCorners }: ResizeOptions): Kernel {
  const [n, inH, inW, channels] = input
  const count = n * inH * inW * vectors(channels)
  const lanes = count < ENOUGH_RESULTS ? 8 : 1
  return {
    label,
    shader: 'resize_backward',
    constants: { LANES: lanes },
    params: {
      in_h: inH,
      in_w: inW,
      out_h: height,
      out_w: width,
      vectors: vectors(channels),
      count,
      ...samplingParams({ h: inH, w: inW }, { h: height, w: width }, alignCorners),
    },
    inputs: { output_gradient: activationBytes([n, height, width, channels]) },
    outputs: { input_gradient: activationBytes(input) },
    workgroups: Math.ceil((count * lanes) / 64),
  }
}
