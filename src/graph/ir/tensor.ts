// Tensors and parameters, on which ops work.

import type { Shape } from '../../kernels/layout.ts'

/**
 * The type of a tensor's values in memory.
 * - `f32`: NHWC, channels padded with zeros to a multiple of four
 * - `f16`: the same in half the bytes, computed in f32 all the same
 * - `rgba8`: one u32 a pixel, red in the low byte; shape [n, h, w, 4]
 * - `samples`: f32 without padding, an image of 1 to 8 channels; shape [n, h, w, c]
 * - `class8`: one byte a pixel, a class id; shape [n, h, w, 1]
 * - `u32`: a whole number; shape [1, 1, 1, 1]
 */
export type DType = 'f32' | 'f16' | 'rgba8' | 'samples' | 'class8' | 'u32'

export interface Tensor {
  name: string
  shape: Shape
  dtype: DType
  /** Of a tensor that is some rows of another one, which has a place of its own: that tensor, and the first of the rows. */
  band?: { of: Tensor; from: number }
}

/** A weight as its checkpoint names and lays it out (PyTorch: OIHW for convolutions, [c] for vectors). */
export interface Parameter {
  name: string
  shape: readonly number[]
  /** Of a parameter that is some rows of another one, which the GPU cannot bind whole: that parameter, and the first of the rows. */
  rows?: { of: Parameter; from: number }
}

/** The four vectors of a batch norm, each of shape [c], and its ε. */
export interface BatchNorm {
  gamma: Parameter
  beta: Parameter
  mean: Parameter
  variance: Parameter
  epsilon: number
}

export interface OpOf<Kind extends string, Inputs> {
  kind: Kind
  name: string
  /** The unit of the network that the op belongs to, where the model names one: see `GraphBuilder.unit`. */
  unit?: string
  inputs: Inputs
  output: Tensor
}
