import type { Kernel } from '../../gpu/kernel.ts'
import { workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { elementwise } from '../elementwise/elementwise.ts'
import type { Rows } from '../geometry.ts'
import { VECTOR_BYTES } from '../layout.ts'
import { fromRows, samplingParams } from '../resizing/resize.ts'

/** colours [pixels, 4], coefficients [pixels, 4] → layers [pixels, 8]: the photo in a foreground and a background. */
export function matteLayers({ label, pixels }: { label: string; pixels: number }): Kernel {
  const { bytes, params, workgroups } = elementwise(shaders.matte_layers, [1, 1, pixels, 4])
  return {
    label,
    shader: shaders.matte_layers,
    params,
    inputs: { colours: bytes, coefficients: bytes },
    outputs: { layers: 2 * bytes },
    workgroups,
  }
}

interface MattePixelsOptions {
  label: string
  /** The size of coefficients and layers. */
  input: { h: number; w: number }
  /** The photo's size. */
  height: number
  width: number
  /** The rows of the photo that are given and computed. Default: all. */
  rows?: Rows
}

/** photo rgba8 [rows, width] → pixels rgba8 [rows, width]: the foreground's colours and alpha. */
export function mattePixels({ label, input, height, width, rows }: MattePixelsOptions): Kernel {
  const { from: target, count: given } = rows ?? { from: 0, count: height }
  const sampling = samplingParams(input, { h: height, w: width }, false)
  const count = given * width
  const vectors = input.h * input.w
  return {
    label,
    shader: shaders.matte_pixels,
    params: { in_h: input.h, in_w: input.w, out_w: width, count, ...fromRows(sampling, { target }) },
    inputs: { photo: count * 4, coefficients: vectors * VECTOR_BYTES, layers: vectors * 2 * VECTOR_BYTES },
    outputs: { pixels: count * 4 },
    workgroups: workgroupsFor(shaders.matte_pixels, count),
  }
}
