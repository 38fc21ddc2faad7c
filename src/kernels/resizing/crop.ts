import type { Kernel } from '../../gpu/kernel.ts'
import { workgroupsFor } from '../../gpu/shader_constants.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { activationBytes, type Shape, vectors } from '../layout.ts'

export interface CropOptions {
  label: string
  /** [n, h, w, c] */
  input: Shape
  height: number
  width: number
  /** The first row and the first column to take. They may be negative, and the rectangle may reach past the map: there it is zero. */
  top: number
  left: number
}

/** A rectangle of a map: [n, h, w, c] → [n, height, width, c]. */
export function crop({ label, input, height, width, top, left }: CropOptions): Kernel {
  const [n, h, w, channels] = input
  const output = [n, height, width, channels] as const
  const count = n * height * width * vectors(channels)
  return {
    label,
    shader: shaders.crop,
    params: {
      in_h: h,
      in_w: w,
      out_h: height,
      out_w: width,
      vectors: vectors(channels),
      count,
      top: top >>> 0,
      left: left >>> 0,
    },
    inputs: { input: activationBytes(input) },
    outputs: { output: activationBytes(output) },
    workgroups: workgroupsFor(shaders.crop, count),
    traffic: { input: activationBytes(output) },
  }
}
