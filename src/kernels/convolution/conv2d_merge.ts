import type { Kernel } from '../../gpu/kernel.ts'
import { workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { activationRange } from '../elementwise/activation.ts'
import { windowedSize } from '../geometry.ts'
import { activationBytes, VECTOR_BYTES, vectors } from '../layout.ts'
import { biasBytes, biasParams, type Conv2dOptions, outputTraffic, residualParams } from './conv2d.ts'

/** act(Σ partials + bias + residual): the second step of a convolution whose sums `conv2dTiled` has split. */
export function conv2dMerge(options: Conv2dOptions & { splits: number }): Kernel {
  const { label, input, outChannels, bias, residual = false, activation, splits } = options
  const { slice = { offset: 0, channels: outChannels } } = options
  const [n, inH, inW] = input
  const out = windowedSize({ h: inH, w: inW }, options)
  const outVectors = vectors(outChannels)
  const count = n * out.h * out.w * outVectors
  const outputBytes = activationBytes([n, out.h, out.w, slice.channels])
  const inputs = {
    partials: splits * count * VECTOR_BYTES,
    bias: biasBytes(bias, [n, outVectors]),
    residual: residual === true ? outputBytes : 0,
  }
  return {
    label,
    shader: shaders.conv2d_merge,
    params: {
      count,
      splits,
      image_pixels: out.h * out.w,
      out_vectors: outVectors,
      out_pitch: vectors(slice.channels),
      out_offset: slice.offset / 4,
      ...biasParams(bias, outVectors),
      ...residualParams(residual),
      ...activationRange(activation),
    },
    inputs,
    outputs: { output: outputBytes },
    workgroups: workgroupsFor(shaders.conv2d_merge, count),
    traffic: outputTraffic(count * VECTOR_BYTES, residual),
  }
}
