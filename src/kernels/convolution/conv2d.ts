import type { Kernel } from '../../gpu/kernel.ts'
import * as shaders from '../../gpu/shaders.gen.ts'
import { type Activation, activationRange } from '../elementwise/activation.ts'
import { paddingParams, type Window, windowedSize } from '../geometry.ts'
import { activationBytes, type Precision, type Shape, VECTOR_BYTES, vectors } from '../layout.ts'

export interface Conv2dOptions extends Window {
  label: string
  /** [n, h, w, c] */
  input: Shape
  outChannels: number
  /** The shape of `bias`: 'channel' is [outChannels], the default; 'image' is [n, outChannels]. */
  bias?: 'channel' | 'image' | 'none'
  /**
   * Whether `weight` is a 1×1 weight in PyTorch's layout, [outChannels, c], with c a multiple of 4. Only some kernels
   * can read it.
   */
  unpacked?: boolean
  /**
   * Adds a tensor of the output's shape before the activation: true adds `residual`, 'in place' adds what `output`
   * holds before.
   */
  residual?: boolean | 'in place'
  activation: Activation
  /**
   * Precision of what is stored: the fastest strategy depends on it. The kernel functions themselves return kernels for
   * fp32. Default: fp32.
   */
  precision?: Precision
  /** Writes the result into a wider tensor of `channels` channels, from channel `offset` (a multiple of 4) on. */
  slice?: { offset: number; channels: number }
}

/**
 * The register tile of an invocation (pixels × vectors of four channels), and the invocations of a workgroup along each
 * axis.
 */
export interface Conv2dTile {
  pixels: number
  vectors: number
  lanesX: number
  lanesY: number
}

/**
 * act(conv(input, weight) + bias + residual): [n, h, w, c] → [n, h', w', outChannels]. `foldBatchNorm` packs weight and
 * bias.
 */
export function conv2d(options: Conv2dOptions & { tile?: Conv2dTile }): Kernel {
  const tile = options.tile ?? registerTile(options.outChannels)
  return {
    shader: shaders.conv2d,
    constants: tileConstants(tile),
    ...implicitGemm(options, workgroupTile(tile)),
  }
}

/** The constants of a shader that keeps a register tile. */
export const tileConstants = ({ pixels, vectors, lanesX, lanesY }: Conv2dTile) => ({
  LANE_PIXELS: pixels,
  LANE_VECTORS: vectors,
  LANES_X: lanesX,
  LANES_Y: lanesY,
})

/** The pixels and vectors that one workgroup computes. */
export const workgroupTile = ({ pixels, vectors, lanesX, lanesY }: Conv2dTile) => ({
  pixels: pixels * lanesY,
  vectors: vectors * lanesX,
})

/** The part of a kernel that all kernels of the convolution share. `tile` is what one workgroup computes. */
export function implicitGemm(options: Conv2dOptions, tile: { pixels: number; vectors: number }) {
  const { label, input, outChannels, kernel, stride, activation } = options
  const { bias, residual = false, slice = { offset: 0, channels: outChannels } } = options
  const [n, inH, inW, inChannels] = input
  const out = windowedSize({ h: inH, w: inW }, options)
  const pixels = n * out.h * out.w
  const outVectors = vectors(outChannels)
  const rowTiles = Math.ceil(pixels / tile.pixels)
  const outputBytes = activationBytes([n, out.h, out.w, slice.channels])
  const taps = kernel[0] * kernel[1]
  return {
    label,
    params: {
      in_h: inH,
      in_w: inW,
      in_vectors: vectors(inChannels),
      out_h: out.h,
      out_w: out.w,
      out_vectors: outVectors,
      out_pitch: vectors(slice.channels),
      out_offset: slice.offset / 4,
      pixels,
      row_tiles: rowTiles,
      stride,
      ...windowParams(options),
      ...biasParams(bias, outVectors),
      ...residualParams(residual),
      ...activationRange(activation),
    },
    inputs: {
      input: activationBytes(input),
      weight: taps * vectors(inChannels) * 4 * outVectors * VECTOR_BYTES,
      bias: biasBytes(bias, [n, outVectors]),
      residual: residual === true ? outputBytes : 0,
    },
    outputs: { output: outputBytes },
    workgroups: rowTiles * Math.ceil(outVectors / tile.vectors),
    macs: pixels * outChannels * inChannels * taps,
    traffic: outputTraffic(activationBytes([n, out.h, out.w, outChannels]), residual),
  }
}

/** The parameters of a window in shaders, without the stride. */
export const windowParams = ({ kernel, dilation, padding }: Window) => ({
  k_h: kernel[0],
  k_w: kernel[1],
  dilation,
  ...paddingParams(padding),
})

/** The parameters of the bias in shaders. */
export const biasParams = (bias: Conv2dOptions['bias'], outVectors: number) => ({
  has_bias: Number(bias !== 'none'),
  bias_pitch: bias === 'image' ? outVectors : 0,
})

export const biasBytes = (bias: Conv2dOptions['bias'], [n, outVectors]: [n: number, outVectors: number]) =>
  bias === 'none' ? 0 : (bias === 'image' ? n : 1) * outVectors * VECTOR_BYTES

/** The parameters of the residual in shaders. */
export const residualParams = (residual: Conv2dOptions['residual']) => ({
  has_residual: Number(residual === true),
  in_place: Number(residual === 'in place'),
})

/** The traffic of an op that writes `written` bytes of output. Of a residual it reads as many bytes. */
export const outputTraffic = (written: number, residual: Conv2dOptions['residual']): Kernel['traffic'] =>
  residual === true ? { output: written, residual: written } : { output: residual ? 2 * written : written }

/**
 * 8 pixels × up to 16 channels. The lanes are along the channels as far as there are channels, and along the pixels
 * otherwise.
 */
export function registerTile(channels: number): Conv2dTile {
  const width = vectors(channels)
  const lanesX = width > 16 ? 8 : width > 8 ? 4 : width > 4 ? 2 : 1
  return { pixels: 8, vectors: Math.min(4, width), lanesX, lanesY: 32 / lanesX }
}

/**
 * 4 pixels for each of 64 invocations, for hardware GPUs: 8 pixels take 192 registers and spill on Adreno, and leave three waves on RDNA 3
 * and eight warps on Ampere, by their compilers in Mesa.
 */
export function gpuRegisterTile(channels: number): Conv2dTile {
  const { vectors, lanesX } = registerTile(channels)
  return { pixels: 4, vectors, lanesX, lanesY: 64 / lanesX }
}
