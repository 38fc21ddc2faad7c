import type { Kernel } from '../../gpu/kernel.ts'
import { workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { activationBytes, vectors } from '../layout.ts'
import { type ResizeOptions, samplingParams } from './resize.ts'

/** With fewer results than this, one lane for each result would not keep a GPU busy: each result then has several lanes. */
const ENOUGH_RESULTS = 1024

/** The gradient of `resize`, with the same options: output_gradient [n, height, width, c] → input_gradient [n, h, w, c]. */
export function resizeBackward({ label, input, height, width, alignCorners }: ResizeOptions): Kernel {
  const [n, inH, inW, channels] = input
  const count = n * inH * inW * vectors(channels)
  const lanes = count < ENOUGH_RESULTS ? 8 : 1
  return {
    label,
    shader: shaders.resize_backward,
    constants: { RESULT_LANES: lanes },
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
    workgroups: workgroupsFor(shaders.resize_backward, count * lanes),
  }
}
