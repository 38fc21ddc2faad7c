import type { Kernel } from '../gpu/kernel.ts'
import { activationBytes } from './layout.ts'

export interface PreprocessOptions {
  label: string
  /** RGBA images of one size, a u32 a pixel. */
  input: { n: number; h: number; w: number }
  height: number
  width: number
  /** Of red, green and blue, on the scale 0 … 1. */
  mean: readonly number[]
  std: readonly number[]
  /** Whether to mirror the result left to right. */
  flip: boolean
}

/** That an invocation makes. */
const ROWS = 4

/** rgba8 [n, h, w] → f32 [n, height, width, 3]: antialiased bilinear resize, then (x/255 − mean)/std. */
export function preprocess({ label, input, height, width, mean, std, flip }: PreprocessOptions): Kernel {
  const strips = Math.ceil(height / ROWS)
  const count = input.n * strips * width
  return {
    label,
    shader: 'preprocess',
    consts: { ROWS },
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
    workgroups: Math.ceil(count / 64),
  }
}
