import type { Kernel } from '../gpu/kernel.ts'
import { constantOf, workgroupsFor } from '../gpu/shader_constants.ts'
import { activationBytes } from './layout.ts'

export interface PreprocessOptions {
  label: string
  /** RGBA images of one size, one u32 a pixel. */
  input: { n: number; h: number; w: number }
  height: number
  width: number
  /** Mean and standard deviation of red, green and blue, on the scale 0 … 1. */
  mean: readonly number[]
  std: readonly number[]
  /** Whether to mirror the result left to right. */
  flip: boolean
}

/** Rows that an invocation computes. */
const ROWS = constantOf('preprocess', 'LANE_ROWS')

/** Antialiased bilinear resize, then (x/255 − mean)/std: rgba8 [n, h, w] → f32 [n, height, width, 3]. */
export function preprocess({ label, input, height, width, mean, std, flip }: PreprocessOptions): Kernel {
  const strips = Math.ceil(height / ROWS)
  const count = input.n * strips * width
  return {
    label,
    shader: 'preprocess',
    params: {
      in_h: input.h,
      in_w: input.w,
      out_h: height,
      out_w: width,
      strips,
      count,
      flip: Number(flip),
      mean_r: mean[0],
      mean_g: mean[1],
      mean_b: mean[2],
      std_r: std[0],
      std_g: std[1],
      std_b: std[2],
    },
    inputs: { image: input.n * input.h * input.w * 4 },
    outputs: { output: activationBytes([input.n, height, width, 3]) },
    workgroups: workgroupsFor('preprocess', count),
  }
}
